"""Sign-in with the company's own account, as OpenID Connect has it: what is asked of the provider, and what is believed
of its answers. Knows no models and no pages.
"""

from .errors import ProviderTrouble as ProviderTrouble
from .errors import Untrusted as Untrusted
from .provider import Client as Client
from .provider import Provider as Provider
from .tokens import Identity as Identity
