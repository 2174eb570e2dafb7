"""Log lines without secrets: the last wall, for text that came from somewhere we did not think of."""

from __future__ import annotations

import logging
import re

#: What our secrets look like wherever they stand: Breakcold keys, portal tokens, invitation links, secrets of webhooks,
#: and any value of the key header.
SECRETS = re.compile(
    r"(?:breakcold-usr|bc_live_|lp[ti]_|whsec_)[\w\-.~+/=]+"
    r"|(?<=X.API.KEY)(\W{0,3}[:=,]\W{0,3}(?:b(?=['\"]))?['\"]?)[^\s'\",}]+",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """``text`` with every secret replaced by "[secret]"."""
    return SECRETS.sub(lambda match: f"{match.group(1) or ''}[secret]", text)


class RedactingFormatter(logging.Formatter):
    """Formats as usual, traceback included, then takes the secrets out."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))
