"""System checks: what would go wrong later, said at start-up."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core import checks


@checks.register()
def data_dir_is_writable(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    folder = settings.PORTAL_DATA_DIR
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.access(folder, os.W_OK | os.X_OK):
        return []
    return [checks.Error(f"PORTAL_DATA_DIR ({folder}) cannot be written to.", id="leads.E001")]
