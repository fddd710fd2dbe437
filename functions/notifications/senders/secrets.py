"""What the shop shares with those who carry its messages, put in by hand; what is not in it is off."""

import json
from functools import cache
from typing import Any

from shop import settings


@cache
def secrets() -> dict[str, Any]:
    """``{"fcm": {service account}, "callbacks": {provider: secret}}``; read once per process."""
    found = json.loads(settings.secret("NOTIFICATION_SECRETS"))
    return found if isinstance(found, dict) else {}
