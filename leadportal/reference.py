"""Every setting there is: docs/settings.md is made of this table, and nothing that is not in it can be read.

After a change: ``.venv/bin/python -m docs.make_settings``.
"""

from __future__ import annotations

from typing import NamedTuple


class Setting(NamedTuple):
    name: str
    default: str  # in words, for the page
    what: str


SETTINGS = (
    Setting(
        "PORTAL_DATA_DIR",
        "`var` beside `manage.py`",
        "where the database, the secrets, static files and mails are kept",
    ),
    Setting(
        "PORTAL_URL",
        "`http://localhost:8000`",
        "where people reach the portal. With `https` cookies are secure, HSTS is sent, plain http is "
        "redirected, and `X-Forwarded-Proto` of the TLS front is believed",
    ),
    Setting(
        "SECRET_KEY",
        "made by `up`",
        "signs sessions; at least 32 characters",
    ),
    Setting(
        "PORTAL_ENCRYPTION_KEYS",
        "made by `up`",
        "seals Breakcold keys: Fernet keys parted by commas, newest first. To rotate, put a new one in front,"
        " run `rotate_encryption_key`, remove the old one",
    ),
    Setting(
        "PORTAL_AUDIT_KEY",
        "made by `up`",
        "keys the audit chains, the token hashes and the key fingerprints; at least 32 characters. Changing "
        "it makes every chain look broken: do not",
    ),
    Setting(
        "DATABASE_URL",
        "SQLite in the data folder",
        "`postgres://user:password@host:5432/name` or `sqlite:////path/to/file`",
    ),
    Setting(
        "PORTAL_SESSION_IDLE_MINUTES",
        "`30`",
        "after how long without use somebody is signed out; 5 to 1440. What a page asks by itself is no use of it",
    ),
    Setting(
        "PORTAL_SESSION_HOURS",
        "`12`",
        "after how long somebody is signed out whatever they do; 1 to 168",
    ),
    Setting(
        "ALLOWED_HOSTS",
        "the host of `PORTAL_URL`, and this machine",
        "host names the portal answers to, parted by commas",
    ),
    Setting(
        "CSRF_TRUSTED_ORIGINS",
        "`PORTAL_URL`",
        "origins forms may come from, parted by commas",
    ),
    Setting(
        "PORTAL_TRUSTED_PROXIES",
        "1 with `https`, else 0",
        "how many fronts of yours stand before the portal; that many entries at the end of `X-Forwarded-For` "
        "are believed",
    ),
    Setting(
        "DEBUG",
        "`false`",
        "error pages with insides; refused unless `PORTAL_URL` is this machine",
    ),
    Setting(
        "BREAKCOLD_BASE_URL",
        "`https://api.breakcold.com/rest`",
        "Breakcold's API for teams with a live key; plain http only for this machine",
    ),
    Setting(
        "BREAKCOLD_SANDBOX_URL",
        "where `up` started the sandbox",
        "the practice Breakcold, for teams with a sandbox key",
    ),
    Setting(
        "BREAKCOLD_TIMEOUT_SECONDS",
        "`20`",
        "how long one call may take in all, connecting included; 1 to 50",
    ),
    Setting(
        "BREAKCOLD_SEND_OWN_ID",
        "`false`",
        "whether a lead's “Own id” is sent as `id`. Breakcold documents nowhere what a repeated id does",
    ),
    Setting(
        "PORTAL_QUEUE",
        "`database`",
        "the task engine: `database` keeps wake-ups in the portal's database, `redis` in Redis. See "
        "[scaling.md](scaling.md)",
    ),
    Setting(
        "REDIS_URL",
        "none",
        "where Redis is, for `PORTAL_QUEUE=redis`: `redis://:password@host:6379/0`, with `rediss://` for TLS",
    ),
    Setting(
        "PORTAL_WEBHOOK_PRIVATE_TARGETS",
        "`false`",
        "whether webhooks may point to this machine or into private networks (10/8, 172.16/12, 192.168/16, "
        "100.64/10, fc00::/7), and to this machine over plain http. Link-local addresses stay closed",
    ),
    Setting(
        "PORTAL_EXPORT_LEADS_PER_DAY",
        "`20000`",
        "how many leads one person may take out of a team as files in 24 hours. The team's admins are told of "
        "more than half of it, and of what was refused; the command `export` has no limit",
    ),
    Setting(
        "OIDC_ISSUER",
        "none: no sign-in with the company's account",
        "the address your OpenID Connect provider calls itself by, to the letter, such as "
        "`https://login.example.com/realms/work`; plain http only for this machine. See "
        "[sign-in.md](sign-in.md)",
    ),
    Setting(
        "OIDC_CLIENT_ID",
        "none",
        "what the provider calls the portal; belongs to `OIDC_ISSUER`",
    ),
    Setting(
        "OIDC_CLIENT_SECRET",
        "none",
        "the secret the provider gave the portal; belongs to `OIDC_ISSUER`",
    ),
    Setting(
        "OIDC_CA_BUNDLE",
        "the usual authorities",
        "the path of a file with the certificates to believe, for a provider with one of your own authority",
    ),
    Setting(
        "OIDC_NAME",
        "`your company account`",
        "what comes after “Sign in with” on the button; 40 characters at most",
    ),
    Setting(
        "OIDC_GROUPS_CLAIM",
        "`groups`",
        "the claim that holds a person's groups: its name, or a path such as `realm_access.roles`",
    ),
    Setting(
        "OIDC_GROUPS",
        "none: groups give nothing",
        "which group gives which role in which team: `sales=brewers:member,leads-admins=brewers:admin`. In a "
        "group's name `%2C` is a comma and `%25` a percent sign",
    ),
    Setting(
        "OIDC_LINK_BY_EMAIL",
        "`false`",
        "whether an existing account is linked at once to whoever the provider says owns its address. Only "
        "for a provider whose addresses you alone give out",
    ),
    Setting(
        "EMAIL_URL",
        "mails are written to `mail/` in the data folder",
        "`submission://user:password@host:587`",
    ),
    Setting(
        "DEFAULT_FROM_EMAIL",
        "`portal@` and the host of `PORTAL_URL`",
        "the sender of mails",
    ),
    Setting(
        "PORTAL_LOG_FORMAT",
        "`line`",
        "how log lines are written to standard error: `line` for people, `json` for a collector, one object a"
        " line. Both carry the id of the request, which an error page shows as its reference, and neither a "
        "secret",
    ),
    Setting(
        "PORTAL_METRICS_TOKEN",
        "none: only this machine is answered",
        "who sends `Authorization: Bearer` and this may read `/metrics`, from anywhere; then nobody else may,"
        " this machine included. At least 32 characters",
    ),
    Setting(
        "SENTRY_DSN",
        "none",
        "the address that your Sentry gave this project, such as `https://key@sentry.example.com/1`; plain http "
        "only for this machine. It is told the kind of an error, the place in the code and the reference: no "
        "message, no request, no person. Needs `.venv/bin/pip install --require-hashes -r requirements-sentry.txt`",
    ),
)
NAMES = frozenset(setting.name for setting in SETTINGS)
