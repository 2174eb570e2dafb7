"""What can go wrong with a provider. Each text is ours, for the operator's log: it repeats nothing the provider said,
because that may hold a token.
"""


class ProviderTrouble(Exception):
    """The provider cannot be reached, or does not speak OpenID Connect. Trying again later may help."""


class Untrusted(Exception):
    """An answer came, and it is not to be believed."""
