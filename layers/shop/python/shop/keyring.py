"""The shop's own secret as a ring of keys: the next, the present and the last, so that it can be changed while in use.

What is signed, sealed or derived uses the present one; what comes back may be of any. The ring is turned at most once
a week (the job `turn_keys` of auth), and no function runs that long: every process knows the key that signs, whether it
read the ring before it was turned or after.
"""

import json
import secrets

from shop import settings

NAME = "CURSOR_SECRET"
LENGTH = 3


def ring() -> list[bytes]:
    """Every key that is good, the one to use first."""
    kept = _kept(settings.secret(NAME))
    return [key.encode() for key in ((kept[1], kept[0], *kept[2:]) if len(kept) > 1 else kept)]


def turned(text: str) -> str:
    """What is to be kept next: a new key for the time after this, and the oldest left out."""
    return json.dumps([secrets.token_urlsafe(36), *_kept(text)][:LENGTH])


def is_turned(text: str) -> bool:
    """Whether it ever was; CloudFormation makes one key alone."""
    return text.startswith("[")


def _kept(text: str) -> list[str]:
    return [str(key) for key in json.loads(text)] if is_turned(text) else [text]
