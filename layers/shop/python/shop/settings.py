"""The shop's constants: stack parameters handed to the functions as environment, and its secrets."""

import os
from functools import cache


def _number(name: str, default: int) -> int:
    return int(os.environ.get(name, default))


def _flag(name: str) -> bool:
    return os.environ.get(name, "false").lower() == "true"


STAGE = os.environ.get("STAGE", "test")
BUILD_ID = os.environ.get("BUILD_ID", "dev")
API_PREFIX = "/v1"

DEFAULT_CURRENCY = os.environ.get("DEFAULT_CURRENCY", "USD")
DEFAULT_COUNTRY = os.environ.get("DEFAULT_COUNTRY", "US")
PRICES_INCLUDE_TAX = _flag("PRICES_INCLUDE_TAX")
CART_MERGE = os.environ.get("CART_MERGE", "sum")

# Durations are seconds.
MINUTE, HOUR, DAY = 60, 3600, 86400
ACCESS_TOKEN_TTL = _number("ACCESS_TOKEN_TTL", 15 * MINUTE)
REFRESH_TOKEN_TTL = _number("REFRESH_TOKEN_TTL", 30 * DAY)
SESSION_TTL = _number("SESSION_TTL", DAY)
SESSION_CART_TTL = _number("SESSION_CART_TTL", 7 * DAY)
USER_CART_TTL = _number("USER_CART_TTL", 30 * DAY)
PRODUCT_CACHE_TTL = _number("PRODUCT_CACHE_TTL", HOUR)
SEARCH_CACHE_TTL = _number("SEARCH_CACHE_TTL", 30 * MINUTE)
STOCK_ALERT_TTL = _number("STOCK_ALERT_TTL", 90 * DAY)
RETURN_WINDOW = _number("RETURN_WINDOW", 30 * DAY)
RMA_TTL = _number("RMA_TTL", 30 * DAY)
RESERVATION_TTL = _number("RESERVATION_TTL", 30 * MINUTE)
PAYMENT_WAIT = _number("PAYMENT_WAIT", 15 * MINUTE)
UNPAID_ORDER_TTL = _number("UNPAID_ORDER_TTL", 3 * DAY)
CAPTURE_PAYMENT = os.environ.get("CAPTURE_PAYMENT", "confirmation")
IDEMPOTENCY_TTL = _number("IDEMPOTENCY_TTL", DAY)
MFA_TOKEN_TTL = 5 * MINUTE
BACKUP_CODES = 10
BACKUP_CODE_TTL = _number("BACKUP_CODE_TTL", 365 * DAY)
DEVICE_TRUST_TTL = _number("DEVICE_TRUST_TTL", 30 * DAY)
OAUTH_STATE_TTL = 10 * MINUTE
LOCKOUT_THRESHOLD = _number("LOCKOUT_THRESHOLD", 5)
LOCKOUT_BASE = _number("LOCKOUT_BASE", 15 * MINUTE)
LOCKOUT_MAX = _number("LOCKOUT_MAX", DAY)
EMAIL_TOKEN_TTL = _number("EMAIL_TOKEN_TTL", DAY)
RESET_TOKEN_TTL = _number("RESET_TOKEN_TTL", HOUR)
PHONE_CODE_TTL = _number("PHONE_CODE_TTL", 10 * MINUTE)
# Whether a distribution stands before the API, beside its own address; it shares this secret with us.
DISTRIBUTED = bool(os.environ.get("ORIGIN_SECRET"))
# The shop window, where the links in mails lead.
STOREFRONT_URL = os.environ.get("STOREFRONT_URL", "https://shop.example.com").rstrip("/")

# What one password costs to check (argon2id; OWASP's least). Raised, they apply from each user's next sign-in on.
ARGON2_TIME = _number("ARGON2_TIME", 2)
ARGON2_MEMORY_KIB = _number("ARGON2_MEMORY_KIB", 19_456)
ARGON2_PARALLELISM = _number("ARGON2_PARALLELISM", 1)

# How often one caller may ask one service; 0 is without limit. By whom and in which window: shop/limits.py.
RATE_ANONYMOUS = _number("RATE_ANONYMOUS", 100)
RATE_USER = _number("RATE_USER", 600)
RATE_ADMIN = _number("RATE_ADMIN", 1200)
RATE_LOGIN = _number("RATE_LOGIN", 10)
RATE_REGISTER = _number("RATE_REGISTER", 5)
RATE_PASSWORD_RESET = _number("RATE_PASSWORD_RESET", 3)

# Webhooks may be sent to the machine the shop runs on, in clear: on a local cloud alone.
WEBHOOKS_TO_LOOPBACK = _flag("WEBHOOKS_TO_LOOPBACK")

REORDER_LEVEL = _number("REORDER_LEVEL", 10)
REORDER_QUANTITY = _number("REORDER_QUANTITY", 50)
MAX_CART_LINES = _number("MAX_CART_LINES", 90)
MAX_LINE_QTY = _number("MAX_LINE_QTY", 99_999)
MAX_UNIT_PRICE = 9_999_999_999
MAX_TOTAL = 999_999_999_999
PAGE_DEFAULT, PAGE_MAX = 20, 100


def table_name(service: str) -> str:
    """The DynamoDB table of a service."""
    return f"{STAGE}-{service}"


def function_name(service: str, door: str) -> str:
    """The Lambda function behind a service's door (api, events, steps, jobs)."""
    return f"{STAGE}-{service}-{door}:live"


@cache
def secret(name: str) -> str:
    """The secret whose ARN the environment gives under `name`; fetched once per process."""
    from shop.aws import client

    return str(client("secretsmanager").get_secret_value(SecretId=os.environ[name])["SecretString"])
