"""The portal's settings, in a process that dies as soon as it works out what would be sent for one lead."""

import os
import signal

from leadportal.settings import *  # noqa: F403
from leads.breakcold import payload

POISON = "poison@example.com"
_build = payload.build_payload


def die_or_build(values, **kwargs):
    if values.get("email") == POISON:
        os.kill(os.getpid(), signal.SIGKILL)
    return _build(values, **kwargs)


payload.build_payload = die_or_build
