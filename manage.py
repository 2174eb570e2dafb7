#!/usr/bin/env python3
"""The portal's one command line. `up` and `test` need nothing but Python; they make the rest themselves."""

# This file must parse on any Python, so that an old one can be told so in plain words.
import os
import sys


def main():
    if sys.version_info < (3, 11):  # noqa: UP036
        sys.exit("The lead portal needs Python 3.11 or newer; this is Python %d.%d." % sys.version_info[:2])  # noqa: UP031
    if os.name != "posix":
        sys.exit("The lead portal runs on Linux and macOS; on Windows, use it inside WSL.")
    os.umask(0o077)  # what the portal writes is for the operator's eyes
    try:
        run()
    except KeyboardInterrupt:
        sys.exit(130)


def run():
    from leadportal import bootstrap, lifeline

    bootstrap.enter(sys.argv[1:])
    lifeline.follow_parent()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadportal.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
