"""Forms: the entry form built from ``FIELDS``, and the few written by hand."""
