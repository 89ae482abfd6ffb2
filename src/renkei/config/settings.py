"""Django's settings, made from the node's environment."""

import os
from typing import Any
from urllib.parse import urlsplit

from renkei.config.environment import database, read_environment

ENVIRONMENT = read_environment(os.environ)

SECRET_KEY = ENVIRONMENT.node_secret
SECRET_KEY_FALLBACKS = [ENVIRONMENT.former_node_secret] if ENVIRONMENT.former_node_secret else []
DEBUG = False
ALLOWED_HOSTS = [urlsplit(ENVIRONMENT.public_url).hostname or "127.0.0.1", "127.0.0.1", "localhost"]
INSTALLED_APPS = [
    "django.contrib.sessions",
    "renkei.audit",
    "renkei.parties",
    "renkei.lake",
    "renkei.context",
    "renkei.telemetry",
    "renkei.privacy",
    "renkei.exchange",
    "renkei.federation",
    "renkei.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "renkei.web.middleware.Portal",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "renkei.config.urls"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
DATABASES = {"default": database(ENVIRONMENT.database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
DATA_UPLOAD_MAX_MEMORY_SIZE = ENVIRONMENT.max_body

# Behind a proxy that ends TLS the node itself sees http; forms come from its public address all the same.
CSRF_TRUSTED_ORIGINS = [urlsplit(ENVIRONMENT.public_url)._replace(path="", query="", fragment="").geturl()]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENVIRONMENT.public_url.startswith("https://")
SESSION_COOKIE_AGE = 8 * 3600
X_FRAME_OPTIONS = "DENY"

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {"httpx": {"level": "WARNING"}, "django.request": {"level": "ERROR"}},
}

VAULT = "renkei.config.vault.open_vault"
RENKEI = ENVIRONMENT
