"""Sending a push to one device through Firebase Cloud Messaging (HTTP v1), for Android, iOS and browsers alike."""

import time
from typing import Any

from notifications.model.template import Letter
from notifications.senders import Gone, NotSent
from notifications.senders.secrets import secrets
from shop import settings, web
from shop.keeping import Kept
from shop.records import Part

PROVIDER = "fcm"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
MESSAGES = "https://fcm.googleapis.com/v1/projects/{}/messages:send"
TTL = 3600
BODY = 1000  # a push has room for 4 KB in all

_passes: Kept[str] = Kept(TTL - 5 * settings.MINUTE)


class Account(Part):
    """A service account of the Firebase project, as Google hands it out."""

    project_id: str
    client_email: str
    private_key: str
    token_uri: str = "https://oauth2.googleapis.com/token"


def configured() -> bool:
    """Whether the shop has a Firebase project."""
    return "fcm" in secrets()


def send(address: str, letter: Letter) -> str:
    """Hand a push for one device to FCM; the name it gives the message."""
    if not configured():
        raise NotSent("fcm_not_configured")
    account = Account.model_validate(secrets()["fcm"])
    try:
        answer = web.send_json(
            "POST",
            MESSAGES.format(account.project_id),
            {"message": {"token": address, "notification": {"title": letter.brief, "body": letter.text[:BODY]}}},
            {"Authorization": f"Bearer {_passes.get(account.client_email, lambda: _pass(account))}"},
        )
    except web.Silence as silence:
        raise NotSent(silence.detail) from silence
    body = answer.body if isinstance(answer.body, dict) else {}
    if answer.status == 200 and isinstance(body.get("name"), str):
        return str(body["name"])
    error = body.get("error") or {}
    reason = f"{answer.status} {error.get('status', '')}: {error.get('message', '')}"[:500]
    if answer.status == 404 or _code(error) == "UNREGISTERED":
        raise Gone(reason)
    if answer.status == 401:
        _passes.forget()
    raise NotSent(reason)


def _code(error: dict[str, Any]) -> str | None:
    return next((d["errorCode"] for d in error.get("details", []) if isinstance(d, dict) and "errorCode" in d), None)


def _pass(account: Account) -> str:
    """What lets us in for an hour: the service account signs for itself."""
    import jwt

    now = int(time.time())
    claims = {
        "iss": account.client_email,
        "scope": SCOPE,
        "aud": account.token_uri,
        "iat": now,
        "exp": now + TTL,
    }
    body = {"grant_type": GRANT, "assertion": jwt.encode(claims, account.private_key, algorithm="RS256")}
    answer = web.send_json("POST", account.token_uri, body)
    if answer.status != 200 or not isinstance(answer.body, dict) or "access_token" not in answer.body:
        raise NotSent(f"fcm_signed_out: {answer.status}")
    return str(answer.body["access_token"])
