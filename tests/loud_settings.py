"""The portal's settings, with everything logged that anything has to say."""

from leadportal.settings import *  # noqa: F403
from leadportal.settings import LOGGING

LOGGING["root"]["level"] = "DEBUG"
