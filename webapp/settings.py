"""Django's settings. Everything that differs between places comes from GATEHOUSE_* variables.

A variable never holds a secret: it holds the path of the file that does, since `docker inspect` and `/proc` print
environments.
"""

from __future__ import annotations

import os
import shlex
from datetime import time, timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent


# A process that is stopped inside a transaction keeps its locks, and whoever takes its sessions over would wait for it.
# PostgreSQL ends such a transaction after this long: less than a lease lasts.
IDLE_SECONDS = int(os.environ.get("GATEHOUSE_DATABASE_IDLE_SECONDS", "4"))


class SettingMissing(Exception):
    """A setting that this process can't do without was not given."""


def _required(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise SettingMissing(f"{name} is not set. `make demo` sets it; ARCHITECTURE.md lists what production gives.")
    return value


def _secret_key() -> str:
    path = Path(_required("GATEHOUSE_SECRET_KEY_FILE"))
    key = path.read_text().strip()
    if len(key) < 50:
        raise SettingMissing(f"{path} holds {len(key)} characters; a secret key needs 50 or more.")
    return key


# A database host that vanishes is noticed in about half a minute; the kernel's own patience is hours.
_TCP = {
    "connect_timeout": 10,  # seconds, as the next two
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # milliseconds
}


def _database(url: str, *, pool: int) -> dict[str, object]:
    """`postgresql://user:password@host:port/name`, or `?host=/folder` for a unix socket.

    `pool` is how many connections this process shares, 0 for one to each thread. A web process answers every request
    in a thread of its own, so without a pool it connects every time; a worker's threads live on and keep theirs.
    """
    parts = urlsplit(url)
    socket_folder = parse_qs(parts.query).get("host", [""])[0]
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": socket_folder or parts.hostname or "",
        "PORT": parts.port or "",
        "CONN_MAX_AGE": 0 if pool else 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"options": f"-c idle_in_transaction_session_timeout={IDLE_SECONDS}s", **_TCP}
        | ({"pool": {"min_size": 1, "max_size": pool, "timeout": 10}} if pool else {}),
    }


def _words(name: str, default: str) -> list[str]:
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


DEBUG = os.environ.get("GATEHOUSE_DEBUG", "") == "1"
SECRET_KEY = _secret_key()
ALLOWED_HOSTS = _words("GATEHOUSE_HOSTS", "127.0.0.1,localhost")
CSRF_TRUSTED_ORIGINS = _words("GATEHOUSE_ORIGINS", "")
# How many proxies of our own append to X-Forwarded-For. Without one that header is anybody's word, and ignored.
PROXIES = ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("GATEHOUSE_PROXIES", "0"))
DATABASE_POOL = int(os.environ.get("GATEHOUSE_DATABASE_POOL", "0"))
DATABASES = {"default": _database(_required("GATEHOUSE_DATABASE_URL"), pool=DATABASE_POOL)}
REDIS_URL = _required("GATEHOUSE_REDIS_URL")

VAR_DIR = Path(os.environ.get("GATEHOUSE_VAR", str(BASE_DIR / "var")))
PUBLIC_KEYSET = Path(os.environ.get("GATEHOUSE_PUBLIC_KEYSET", str(VAR_DIR / "keys" / "public.json")))
# Set for workers alone: whoever holds it can open every credential.
PRIVATE_KEYSET = Path(path) if (path := os.environ.get("GATEHOUSE_PRIVATE_KEYSET")) else None
# Set for workers alone, too: the key that gateways' relays know their owners by.
RELAY_KEY = Path(path) if (path := os.environ.get("GATEHOUSE_RELAY_KEY")) else None
GATEWAYS = os.environ.get("GATEHOUSE_GATEWAYS", "process")
KEEPER_SOCKET = Path(os.environ.get("GATEHOUSE_KEEPER_SOCKET", "/run/gatehouse/keeper.sock"))
# For every simulated gateway that a worker starts, as in "--hours exchange --control-port 0".
SIMULATOR_ARGUMENTS = shlex.split(os.environ.get("GATEHOUSE_SIMULATOR_ARGUMENTS", ""))
# How long an order or a change may wait to be sent. After that it is refused: the market has moved on.
ORDER_TIME_TO_LIVE = timedelta(seconds=float(os.environ.get("GATEHOUSE_ORDER_TIME_TO_LIVE", "3")))
# The nightly restart: when it begins on the wall clock of that time zone, and how long it may take. See `outages`.
RESTART_AT = time.fromisoformat(os.environ.get("GATEHOUSE_RESTART_AT", "23:45"))
RESTART_TIME_ZONE = os.environ.get("GATEHOUSE_RESTART_TIME_ZONE", "America/New_York")
# Where the midnight may be since which IB shows executions: it says "for that particular account" and names no zone.
# By the gateways' own clock, or by that of IB's servers, whose days are New York's: the later one counts.
BROKER_DAY_ZONES = (RESTART_TIME_ZONE, "America/New_York")
RESTART_WINDOW = timedelta(minutes=float(os.environ.get("GATEHOUSE_RESTART_MINUTES", "60")))
# How long a wanted session may be down before that is told as an alert, outside of its restart.
ALERT_AFTER = timedelta(seconds=float(os.environ.get("GATEHOUSE_ALERT_AFTER", "300")))
# Requests a minute that an API token may make, and as many cancels besides.
API_REQUESTS_PER_MINUTE = int(os.environ.get("GATEHOUSE_API_REQUESTS_PER_MINUTE", "600"))
# Sockets of the programs' feed that a token may have open in one web process. Each carries many accounts.
FEED_SOCKETS_PER_TOKEN = int(os.environ.get("GATEHOUSE_FEED_SOCKETS_PER_TOKEN", "10"))
# What this deploy is called, a commit say: two workers side by side may be of two.
VERSION = os.environ.get("GATEHOUSE_VERSION", "")
WORKER_CAPACITY = int(os.environ.get("GATEHOUSE_WORKER_CAPACITY", "50"))

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "channels",
    "django_htmx",
    "ninja",
    "webapp.audit",
    "webapp.accounts",
    "webapp.trading",
    "webapp.live",
    "webapp.pages",
    "webapp.api",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "webapp.pages.policy.ContentSecurityPolicy",
    "webapp.pages.static_files.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "webapp.audit.acting.acting_middleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "webapp.urls"
ASGI_APPLICATION = "webapp.asgi.application"

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
                "webapp.pages.header.unseen_alerts",
            ],
        },
    }
]

CHANNEL_LAYERS = {
    "default": {"BACKEND": "webapp.bus.layer.ChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}},
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/accounts/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_ADAPTER = "webapp.pages.entrance.Entrance"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "gatehouse:cache",
    },
}

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
# The one package of npm's that pages load, and nothing else of node_modules.
STATICFILES_DIRS = [("lightweight-charts", BASE_DIR / "node_modules" / "lightweight-charts" / "dist")]
WHITENOISE_USE_FINDERS = True

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = os.environ.get("GATEHOUSE_HTTPS", "") == "1"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    # It repeats at INFO what the node says of the gateway's notices itself.
    "loggers": {"ib_insync": {"level": "WARNING"}},
}
