"""What providers have in common: how a verifier is challenged (RFC 7636), and how their word is read."""

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

from pydantic import ValidationError

from auth.model.identities import Person
from auth.model.words import Email
from auth.providers import OAuthFailed
from shop import clock
from shop.records import adapter

# As long as the names an account is opened with.
FIRST_NAME, LAST_NAME = 100, 150


def challenge(verifier: str) -> str:
    """What shows that we hold the verifier, without showing it."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def person(provider: str, tokens: dict[str, Any], **said: Any) -> Person:
    """Who someone is, from what a provider said of them and the tokens it gave. An odd address is none."""
    email = _address(said["email"])
    lasts = tokens.get("expires_in")
    try:
        return Person(
            provider=provider,
            provider_user_id=str(said["id"]),
            email=email,
            email_verified=email is not None and said["email_verified"],
            first_name=_name(said["first_name"], FIRST_NAME),
            last_name=_name(said["last_name"], LAST_NAME),
            access_token=tokens.get("access_token"),
            refresh_token=tokens.get("refresh_token"),
            token_expires_at=clock.after(lasts) if isinstance(lasts, int) and 0 < lasts < 10**9 else None,
        )
    except ValidationError:
        raise OAuthFailed from None


def _address(text: Any) -> str | None:
    try:
        return str(adapter(Email).validate_python(text))
    except ValidationError:
        return None


def _name(text: Any, longest: int) -> str | None:
    return text.strip()[:longest].strip() or None if isinstance(text, str) else None
