"""The door of the web server."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

from leadportal import lifeline

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadportal.settings")
# The server's worker process imports this module: it must not outlive the server's main process.
lifeline.follow_parent()
_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django, which takes a request's text encoding at its word and breaks on one that is none (``charset=zlib``)."""
    try:
        return _django(environ, start_response)
    except LookupError:
        start_response("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"This request is written in a way the portal does not read.\n"]
