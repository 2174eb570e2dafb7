"""Reading settings from the environment, with refusals a person can act on."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from environs import EnvError, FileAwareEnv

from .reference import NAMES

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
MIN_SECRET_CHARACTERS = 32
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?")
ROLES = ("member", "reviewer", "admin")
BREAKCOLD = "breakcold.com"
DEFAULT_SANDBOX_URL = "http://127.0.0.1:8001/rest"

_env = FileAwareEnv(strip_whitespace=True)


def data_dir(default: Path) -> Path:
    """``PORTAL_DATA_DIR``, and its secrets.env as what the environment falls back to."""
    path = Path(read("str", "PORTAL_DATA_DIR", "") or default).expanduser().resolve()
    secrets = path / "secrets.env"
    try:
        if secrets.is_file():
            _env.read_env(secrets, recurse=False)
    except OSError as exc:
        raise ImproperlyConfigured(f"{secrets} cannot be read: {exc.strerror}.") from None
    return path


def read(kind: str, name: str, *default: Any) -> Any:
    """One setting as ``kind`` ("str", "bool", "int", "float", "list"); refuses in a sentence that shows no value."""
    if name not in NAMES:
        raise LookupError(f"{name} does not stand in leadportal/reference.py")
    reader: Callable[..., Any] = getattr(_env, kind)
    try:
        return reader(name, *default)
    except (EnvError, ValueError, OSError) as exc:
        if "not set" in str(exc):
            sentence = f"{name} is not set. Run 'python3 manage.py up' once, which makes it, or set it yourself."
        elif f"{name}_FILE" in str(exc) or isinstance(exc, (OSError, UnicodeDecodeError)):
            sentence = f"{name}_FILE does not name a file that can be read."
        else:
            sentence = f"{name} is not a value the portal understands: it wants {WANTED.get(kind, 'text')}."
        raise ImproperlyConfigured(sentence) from None


WANTED = {"bool": "true or false", "int": "a whole number", "float": "a number", "list": "words parted by commas"}


def refuse_unless(holds: object, sentence: str) -> None:
    if not holds:
        raise ImproperlyConfigured(sentence)


def secret(name: str) -> str:
    """A setting that must be long enough to be a secret."""
    value = str(read("str", name))
    refuse_unless(len(value) >= MIN_SECRET_CHARACTERS, f"{name} is too short: it needs at least 32 random characters.")
    return value


def encryption_keys() -> list[str]:
    """``PORTAL_ENCRYPTION_KEYS``, newest first, each a Fernet key."""
    keys = [key.strip() for key in str(read("str", "PORTAL_ENCRYPTION_KEYS")).split(",") if key.strip()]
    refuse_unless(keys, "PORTAL_ENCRYPTION_KEYS is empty: it needs at least one key.")
    for position, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError:
            raise ImproperlyConfigured(
                f"Key {position} in PORTAL_ENCRYPTION_KEYS is none: it must be 32 random bytes in URL-safe base64."
            ) from None
    return keys


def portal_url(default: str) -> str:
    """``PORTAL_URL`` in small letters, without a trailing slash: scheme and host, no path."""
    url = str(read("str", "PORTAL_URL", default)).rstrip("/").lower()
    parts = _split(url, "PORTAL_URL")
    refuse_unless(
        parts.scheme in ("http", "https") and parts.hostname and not parts.path and _is_plain(url),
        "PORTAL_URL must be an address such as https://portal.example.com, without a path.",
    )
    return url


def breakcold_url(name: str, default: str) -> str:
    """An address of Breakcold's API: https and nothing clever in it, plain http only on this machine."""
    url = str(read("str", name, default)).rstrip("/")
    parts = _split(url, name)
    host_is_plain = re.fullmatch(r"[a-z0-9.-]+|::1", parts.hostname or "") and not (parts.hostname or "").endswith(".")
    refuse_unless(
        host_is_plain and _is_plain(url),
        f"{name} must be an address such as https://api.breakcold.com/rest, with nothing but host, port and path.",
    )
    refuse_unless(
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK),
        f"{name} must begin with https:// (plain http is accepted for this machine only).",
    )
    return url if parts.path else f"{url}/rest"


def breakcolds_own_url(name: str, default: str) -> str:
    """The same, at Breakcold or on this machine: a live key sent to any other host, a misspelt one, is given away."""
    url = breakcold_url(name, default)
    host = str(_split(url, name).hostname)
    refuse_unless(
        host in LOOPBACK or f".{host}".endswith(f".{BREAKCOLD}"),
        f"{name} must name a host of {BREAKCOLD}, or this machine: the keys of all teams are sent there.",
    )
    return url


def redis_address(name: str) -> dict[str, Any]:
    """Where Redis is, in the parts that django-rq takes; empty when no address is given."""
    url = str(read("str", name, ""))
    if not url:
        return {}
    parts = _split(url, name)
    database = parts.path.strip("/") or "0"
    refuse_unless(
        parts.scheme in ("redis", "rediss")
        and parts.hostname
        and not (parts.query or parts.fragment)
        and re.fullmatch(r"\d{1,4}", database),
        f"{name} must be an address such as redis://:password@host:6379/0 (rediss:// for TLS).",
    )
    return {
        "HOST": parts.hostname,
        "PORT": parts.port or 6379,
        "DB": int(database),
        "USERNAME": unquote(parts.username or "") or None,
        "PASSWORD": unquote(parts.password or "") or None,
        "SSL": parts.scheme == "rediss",
    }


def issuer_url(name: str) -> str:
    """The address an OpenID Connect provider calls itself by, kept to the letter; "" when there is none."""
    url = str(read("str", name, ""))
    if url:
        parts = _split(url, name)
        refuse_unless(
            parts.hostname and _is_plain(url) and url.isascii(),
            f"{name} must be an address such as https://login.example.com/realms/work, as the provider writes it.",
        )
        refuse_unless(
            parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK),
            f"{name} must begin with https:// (plain http is accepted for this machine only).",
        )
    return url


def sentry_dsn(name: str) -> str:
    """Where a Sentry takes what is told to it; "" when there is none."""
    url = str(read("str", name, ""))
    if url:
        parts = _split(url, name)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
        refuse_unless(
            is_safe and parts.hostname and parts.username and re.fullmatch(r"(?:/[\w.-]+)*/\d+", parts.path),
            f"{name} must be an address such as https://key@sentry.example.com/1 (plain http for this machine only).",
        )
    return url


def readable_file(name: str) -> str:
    """The path of a file that can be read; "" when none is named."""
    path = str(read("str", name, ""))
    refuse_unless(
        not path or (Path(path).is_file() and os.access(path, os.R_OK)), f"{name} is no file that can be read."
    )
    return path


def group_mapping(name: str) -> tuple[tuple[str, str, str], ...]:
    """``group=team:role`` parted by commas, as (group, team, role). In a group's name %2C is a comma, %25 a percent."""
    rows: dict[tuple[str, str], str] = {}
    entries = [entry.strip() for entry in str(read("str", name, "")).split(",") if entry.strip()]
    for position, entry in enumerate(entries, start=1):
        group, _, place = entry.rpartition("=")
        group, (team, _, role) = unquote(group).strip(), place.strip().partition(":")
        refuse_unless(
            group and SLUG.fullmatch(team),
            f"Entry {position} of {name} must look like group=team:role, such as sales=brewers:member.",
        )
        refuse_unless(role in ROLES, f"Entry {position} of {name} must end with :member, :reviewer or :admin.")
        refuse_unless(
            rows.setdefault((group, team), role) == role,
            f"Entry {position} of {name} gives one group two roles in a team.",
        )
    return tuple((group, team, role) for (group, team), role in rows.items())


def sandbox_url(folder: Path) -> str:
    """Where ``up`` last started the sandbox, so that other commands find it; else where it stands by default."""
    with suppress(OSError):
        return (folder / "sandbox.url").read_text().strip() or DEFAULT_SANDBOX_URL
    return DEFAULT_SANDBOX_URL


def _is_plain(url: str) -> bool:
    """Whether nothing is in an address that could send a key elsewhere: user, query, fragment, space, even if empty."""
    return re.fullmatch(r"[^\s?#@\\]+", url) is not None


def _split(url: str, name: str) -> Any:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ImproperlyConfigured(f"{name} is not an address.") from None
    return parts
