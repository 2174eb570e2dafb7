"""Settings, all from the environment; a wrong value stops start-up with one plain sentence.

``<PORTAL_DATA_DIR>/secrets.env`` is what the environment falls back to. Any NAME may also be given as NAME_FILE, the
path of a file that holds the value. What each setting means stands in docs/settings.md.
"""

from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
import dj_email_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from leadportal import environment as env
from leadportal.accounts import *  # noqa: F403

BASE_DIR = Path(__file__).resolve().parent.parent
PORTAL_VERSION = "0.1.0"

PORTAL_DATA_DIR = env.data_dir(BASE_DIR / "var")
PORTAL_URL = env.portal_url("http://localhost:8000")
PORTAL_IS_HTTPS = PORTAL_URL.startswith("https://")
PORTAL_HOST = urlsplit(PORTAL_URL).hostname or "localhost"

# --- Secrets ----------------------------------------------------------------------------------------------------------
SECRET_KEY = env.secret("SECRET_KEY")
PORTAL_AUDIT_KEY = env.secret("PORTAL_AUDIT_KEY")
PORTAL_ENCRYPTION_KEYS = env.encryption_keys()

DEBUG = env.read("bool", "DEBUG", False)
env.refuse_unless(
    not DEBUG or PORTAL_HOST in env.LOOPBACK,
    "DEBUG is on but PORTAL_URL is not this machine: error pages would show the portal's insides to everyone.",
)

# --- Breakcold --------------------------------------------------------------------------------------------------------
BREAKCOLD_BASE_URL = env.breakcolds_own_url("BREAKCOLD_BASE_URL", "https://api.breakcold.com/rest")
BREAKCOLD_SANDBOX_URL = env.breakcold_url("BREAKCOLD_SANDBOX_URL", env.sandbox_url(PORTAL_DATA_DIR))
BREAKCOLD_TIMEOUT_SECONDS = env.read("float", "BREAKCOLD_TIMEOUT_SECONDS", 20.0)
env.refuse_unless(
    1 <= BREAKCOLD_TIMEOUT_SECONDS <= 50, "BREAKCOLD_TIMEOUT_SECONDS must lie between 1 and 50 (a lease lasts 60)."
)
BREAKCOLD_SEND_OWN_ID = env.read("bool", "BREAKCOLD_SEND_OWN_ID", False)

# --- Who may ask ------------------------------------------------------------------------------------------------------
ALLOWED_HOSTS = env.read("list", "ALLOWED_HOSTS", []) or sorted({PORTAL_HOST, *env.LOOPBACK, "[::1]"})
CSRF_TRUSTED_ORIGINS = env.read("list", "CSRF_TRUSTED_ORIGINS", []) or [PORTAL_URL]
env.refuse_unless(
    all(origin.startswith(("http://", "https://")) for origin in CSRF_TRUSTED_ORIGINS),
    "Each entry of CSRF_TRUSTED_ORIGINS must begin with http:// or https://.",
)

PORTAL_TRUSTED_PROXIES = env.read("int", "PORTAL_TRUSTED_PROXIES", 1 if PORTAL_IS_HTTPS else 0)
env.refuse_unless(0 <= PORTAL_TRUSTED_PROXIES <= 9, "PORTAL_TRUSTED_PROXIES must be the number of fronts, 0 to 9.")

INSTALLED_APPS = [
    "leads",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_filters",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "lucide",
]

MIDDLEWARE = [
    "leads.views.middleware.RequestIdMiddleware",
    "leads.views.middleware.ClientAddressMiddleware",
    "leads.views.middleware.PrivatePagesMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "leads.views.middleware.SessionLimitsMiddleware",
    "leads.views.middleware.LostKeysMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "leadportal.urls"
WSGI_APPLICATION = "leadportal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "leads.views.shell.shell",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Storage ----------------------------------------------------------------------------------------------------------
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
}
POSTGRES_OPTIONS = {"pool": {"min_size": 1, "max_size": 32, "timeout": 20}}

_database_url = env.read("str", "DATABASE_URL", "") or f"sqlite:///{PORTAL_DATA_DIR / 'portal.sqlite3'}"
try:
    DATABASES = {"default": dj_database_url.parse(_database_url)}
except (ValueError, KeyError):
    raise ImproperlyConfigured(
        "DATABASE_URL is not an address such as postgres://user:password@host:5432/name or sqlite:////path/to/file."
    ) from None
_engine = DATABASES["default"].get("ENGINE", "")
env.refuse_unless(
    _engine.endswith(("sqlite3", "postgresql")), "DATABASE_URL must name a SQLite or a PostgreSQL database."
)
DATABASES["default"]["OPTIONS"] = {
    **(SQLITE_OPTIONS if _engine.endswith("sqlite3") else POSTGRES_OPTIONS),
    **DATABASES["default"].get("OPTIONS", {}),
}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # a database that was restarted costs no failed request
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
#: In the database, so that limits hold across processes; large, because what is crowded out is forgotten.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "portal_cache",
        "OPTIONS": {"MAX_ENTRIES": 200_000},
    }
}

# --- Background work --------------------------------------------------------------------------------------------------
PORTAL_QUEUE = env.read("str", "PORTAL_QUEUE", "") or "database"
env.refuse_unless(PORTAL_QUEUE in ("database", "redis"), "PORTAL_QUEUE must be 'database' or 'redis'.")
REDIS = env.redis_address("REDIS_URL")
env.refuse_unless(
    REDIS or PORTAL_QUEUE == "database",
    "PORTAL_QUEUE is 'redis', so REDIS_URL must say where Redis is, such as redis://:password@host:6379/0.",
)
if PORTAL_QUEUE == "redis":
    INSTALLED_APPS.append("django_rq")
    REDIS_SECONDS = 1.0  # a page waits for Redis this long at most
    _client = {"socket_timeout": REDIS_SECONDS, "socket_connect_timeout": REDIS_SECONDS, "retry": None}
    RQ_QUEUES = {
        name: {**REDIS, "REDIS_CLIENT_KWARGS": _client, "SERIALIZER": "rq.serializers.JSONSerializer"}
        for name in ("default", "behind")
    }
    RQ_SHOW_ADMIN_LINK = False
    TASKS = {"default": {"BACKEND": "django_tasks_rq.RQBackend", "QUEUES": ["default", "behind"]}}
else:
    TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

# --- Sign-in with the company's own account (OpenID Connect); off unless an issuer is named ---------------------------
OIDC_ISSUER = env.issuer_url("OIDC_ISSUER")
OIDC_CLIENT_ID = env.read("str", "OIDC_CLIENT_ID", "")
OIDC_CLIENT_SECRET = env.read("str", "OIDC_CLIENT_SECRET", "")
OIDC_CA_BUNDLE = env.readable_file("OIDC_CA_BUNDLE")
OIDC_NAME = env.read("str", "OIDC_NAME", "") or "your company account"
OIDC_GROUPS_CLAIM = env.read("str", "OIDC_GROUPS_CLAIM", "") or "groups"
OIDC_GROUPS = env.group_mapping("OIDC_GROUPS")
OIDC_LINK_BY_EMAIL = env.read("bool", "OIDC_LINK_BY_EMAIL", False)
env.refuse_unless(
    bool(OIDC_ISSUER) == bool(OIDC_CLIENT_ID) == bool(OIDC_CLIENT_SECRET),
    "OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET belong together: set all three, or none.",
)
env.refuse_unless(len(OIDC_NAME) <= 40, "OIDC_NAME must be short enough for a button: 40 characters at most.")
OIDC_SESSION_SECONDS = 12 * 3600  # after this the provider is asked again, so whoever left it is out within the day
SOCIALACCOUNT_ADAPTER = "leads.views.account.PortalSocialAccountAdapter"
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"provider_class": "leads.views.sign_in.CompanyProvider"}}

# --- Mail: to a server by EMAIL_URL, else into files that only the operator can read ----------------------------------
_email_url = env.read("str", "EMAIL_URL", "")
PORTAL_SENDS_MAIL = bool(_email_url)
if _email_url:
    try:
        _mail = dj_email_url.parse(_email_url)
        EMAIL_BACKEND, EMAIL_HOST, EMAIL_PORT = _mail["EMAIL_BACKEND"], _mail["EMAIL_HOST"], _mail["EMAIL_PORT"]
        EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_USER"], _mail["EMAIL_HOST_PASSWORD"]
        EMAIL_USE_TLS, EMAIL_USE_SSL = _mail["EMAIL_USE_TLS"], _mail["EMAIL_USE_SSL"]
    except (ValueError, KeyError):
        raise ImproperlyConfigured(
            "EMAIL_URL is not an address such as submission://user:password@mail.example.com:587."
        ) from None
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(PORTAL_DATA_DIR / "mail")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.read("str", "DEFAULT_FROM_EMAIL", f"Lead portal <portal@{PORTAL_HOST}>")

# --- Webhooks: whether a team may have this machine, or one in a network of yours, be told ----------------------------
PORTAL_WEBHOOK_PRIVATE_TARGETS = env.read("bool", "PORTAL_WEBHOOK_PRIVATE_TARGETS", False)

# --- Exports: how many leads one person may take out of a team in 24 hours --------------------------------------------
PORTAL_EXPORT_LEADS_PER_DAY = env.read("int", "PORTAL_EXPORT_LEADS_PER_DAY", 20_000)
env.refuse_unless(PORTAL_EXPORT_LEADS_PER_DAY >= 1, "PORTAL_EXPORT_LEADS_PER_DAY must be at least 1.")

# --- Pages ------------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
STATIC_URL = "static/"
STATIC_ROOT = PORTAL_DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 3 * 1024 * 1024  # bytes: a form with one field filled to bursting still gets its answer
FILE_UPLOAD_HANDLERS = [
    "leads.views.uploads.CappedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 3_000

# --- Hardening --------------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
CSRF_FAILURE_VIEW = "leads.views.errors.csrf_failure"
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE = SECURE_SSL_REDIRECT = PORTAL_IS_HTTPS
SESSION_COOKIE_NAME = "__Host-portal-session" if PORTAL_IS_HTTPS else "portal-session"
CSRF_COOKIE_NAME = "__Host-portal-csrf" if PORTAL_IS_HTTPS else "portal-csrf"
PORTAL_SESSION_IDLE_MINUTES = env.read("int", "PORTAL_SESSION_IDLE_MINUTES", 30)
PORTAL_SESSION_HOURS = env.read("int", "PORTAL_SESSION_HOURS", 12)
env.refuse_unless(
    5 <= PORTAL_SESSION_IDLE_MINUTES <= 24 * 60, "PORTAL_SESSION_IDLE_MINUTES must lie between 5 and 1440."
)
env.refuse_unless(1 <= PORTAL_SESSION_HOURS <= 7 * 24, "PORTAL_SESSION_HOURS must lie between 1 and 168.")
SESSION_COOKIE_AGE = PORTAL_SESSION_HOURS * 3600  # seconds
DEVICE_COOKIE_NAME = "__Host-portal-device" if PORTAL_IS_HTTPS else "portal-device"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_REDIRECT_EXEMPT = [
    r"^healthz$",
    r"^readyz$",
    r"^metrics$",
    r"^rest(?:/|$)",
]  # a redirect would lose what a script posts
if PORTAL_IS_HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True

# --- Logs and numbers; here, because the secrets file that may hold the token is known by now -------------------------
from leadportal.monitoring import *  # noqa: E402, F403
