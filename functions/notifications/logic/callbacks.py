"""What those who carry our messages tell of them: arrived, or came back; told twice it changes nothing (B181)."""

from collections.abc import Mapping
from os import environ

from pydantic import ValidationError

from notifications import signatures
from notifications.logic.sending import attempt
from notifications.model.callback import News, SesNews, SharedNews
from notifications.model.notification import KeptNotification
from notifications.model.recipient import Recipient
from notifications.senders.secrets import secrets
from notifications.store import notifications as stored
from notifications.store import people
from shop import clock
from shop.errors import Refusal, invalid, not_found
from shop.races import LostRace, until_won
from shop.records import Json, adapter

SES = "ses"
MAX_BODY = 300_000
# From where each word leads: a mail that was delivered may still come back.
MOVES = {
    "delivered": ("sent",),
    "bounced": ("sent", "delivered"),
    "failed": ("sent",),
    "complained": ("sent", "delivered"),
}


def receive(provider: str, raw: str | bytes, headers: Mapping[str, str]) -> None:
    """R271. Take down what a provider tells, once its signature is checked (400 bad_signature)."""
    body = raw.encode() if isinstance(raw, str) else raw
    if len(body) > MAX_BODY:
        raise Refusal(413, "payload_too_large", "A callback has at most 300 KB")
    news = _from_ses(body) if provider == SES else _from_other(provider, body, headers)
    if news:
        until_won(lambda: _apply(provider, news))


def _from_ses(body: bytes) -> News | None:
    try:
        message = adapter(Json).validate_json(body)
    except ValidationError:
        raise signatures.BadSignature from None
    signatures.check_sns(message, environ.get("MAIL_TOPIC", ""))
    if message["Type"] == "SubscriptionConfirmation":
        signatures.subscribe(message)
        return None
    try:
        return SesNews.model_validate_json(str(message.get("Message", ""))).news()
    except ValidationError:  # SES tries the topic itself with a line of text
        return None


def _from_other(provider: str, body: bytes, headers: Mapping[str, str]) -> News | None:
    secret = secrets().get("callbacks", {}).get(provider)
    if not isinstance(secret, str) or not secret:
        raise not_found("provider")
    signatures.check_shared(body, headers.get(signatures.HEADER, ""), secret)
    try:
        told = SharedNews.model_validate_json(body)
    except ValidationError:
        raise invalid("validation_failed", "This is not what a provider tells") from None
    detail = {"error": told.error} if told.error else {}
    return News(message_id=told.message_id, status=told.status, hard=told.hard, detail=detail)


def _apply(provider: str, news: News) -> None:
    notification_id = stored.of_message(provider, news.message_id)
    notification = stored.find(notification_id) if notification_id else None
    if notification is None:
        return
    address = news.address or _address(notification)
    if address and (news.status == "complained" or (news.status == "bounced" and news.hard)):
        _mark(notification, news.status, address)  # before the notification moves: the same word again finds it moved
    if notification.status not in MOVES[news.status]:
        return
    status = {"failed": "failed", "bounced": "bounced"}.get(news.status, "delivered")
    word = attempt(notification, status, provider_response=news.detail, error=news.detail.get("error"))
    try:
        match status:
            case "delivered" if notification.status == "sent":
                stored.arrived(notification.but(status=status, delivered_at=clock.now()), word)
            case "bounced":
                stored.returned(notification.but(status=status), word, address or "", news.hard)
            case "failed":
                stored.record(notification.but(status=status), word)
    except Refusal as refusal:
        if refusal.code != "already_sending":
            raise
        raise LostRace from refusal


def _mark(notification: KeptNotification, word: str, address: str) -> None:
    """Write no more to an address that takes nothing, and only what must be said to one whose owner complained."""
    recipient = people.recipient(notification.user_id) if notification.user_id else None
    if recipient is None or recipient.erased_at or notification.channel != "email":
        return
    marked: Recipient = recipient.but(**{"bounced" if word == "bounced" else "complained": address})
    if marked != recipient:
        people.learn(marked, False)


def _address(notification: KeptNotification) -> str | None:
    """Where a mail went: to the address it named, or its user's. Who has another by now is not the worse for it."""
    if notification.to or not notification.user_id:
        return notification.to
    recipient = people.recipient(notification.user_id)
    return recipient.email if recipient else None
