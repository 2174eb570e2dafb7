"""The gateway: JSON in, JSON out, shaped like Breakcold's own API, so that a script changes its address and its key.

``door`` lets a request in or turns it away; ``routes`` is the table of what there is; the other modules are what it
leads to. Everything that is written goes through ``leads.services``; no cookie is read and nothing is ever forwarded.
"""
