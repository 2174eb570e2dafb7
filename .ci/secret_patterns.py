"""What detect-secrets looks for beside its own: Breakcold's keys, portal tokens, invitation links, webhooks' secrets.

Made-up ones, as tests and examples need them, say so in themselves.
"""

import re

from detect_secrets.plugins.base import RegexBasedDetector

MADE_UP = r"(?!\S*(?:sandbox|tests|example|canary|0123|0000|rotation))"


class PortalSecretDetector(RegexBasedDetector):
    secret_type = "Secret of the portal"  # nosec B105

    denylist = [
        re.compile(rf"(?i)breakcold-usr-{MADE_UP}[\w-]{{8,}}"),
        re.compile(rf"(?i)bc_live_{MADE_UP}\w{{12,}}"),
        re.compile(rf"lp[ti]_{MADE_UP}[\w-]{{40,}}"),
        re.compile(rf"whsec_{MADE_UP}[\w+/-]{{30,}}"),
        re.compile(r"(?:SECRET_KEY|PORTAL_AUDIT_KEY|PORTAL_ENCRYPTION_KEYS)=(?!\S*only-for-tests)[\w+/=-]{32,}"),
    ]
