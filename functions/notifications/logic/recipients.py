"""Whom to write to: what is heard of them, and what goes when they do."""

from typing import Any

from notifications.logic.causes import key_of, version_of, warning
from notifications.logic.sending import deliver_all, send_waiting, written
from notifications.model.notification import KeptNotification
from notifications.model.recipient import Person, Recipient
from notifications.store import notifications as stored
from notifications.store import people
from shop.events.auth import UserCreated, UserDeleted, UserEmailChanged, UserStatusChanged
from shop.events.users import ProfileUpdated
from shop.inbox import AlreadyHeard
from shop.races import until_won


def on_user_created(event: UserCreated) -> None:
    """Note whom to write to, welcome them, and send what was to be said before they were heard of."""

    def introduce() -> list[KeptNotification]:
        before = _open(event.user_id)
        recipient = (before or Recipient(user_id=event.user_id)).told(
            version_of(event),
            email=event.email,
            phone=event.phone,
            first_name=event.first_name,
            last_name=event.last_name,
            language=event.language,
            is_active=True,
        )
        key = f"user_welcome:{event.user_id}"
        welcome = written("user_welcome", key, event.user_id, {}, Person(recipient=recipient))
        stored.create(welcome, event, people.writing(recipient, before is None))
        return welcome

    deliver_all(until_won(introduce))
    send_waiting(event.user_id)


def on_user_email_changed(event: UserEmailChanged) -> None:
    """Write to the new address from now on; the old one is told, should somebody else have done it."""

    def learn() -> list[KeptNotification]:
        before = _open(event.user_id)
        recipient = (before or Recipient(user_id=event.user_id)).told(version_of(event), email=event.email)
        key, facts = f"email_changed:{key_of(event)}", warning("email_changed", event)
        person = Person(recipient=recipient)
        farewell = written("security_alert", key, event.user_id, facts, person, to=event.old_email)
        stored.create(farewell, event, people.writing(recipient, before is None))
        return farewell

    deliver_all(until_won(learn))


def on_user_status_changed(event: UserStatusChanged) -> None:
    """Stop writing to someone whose account is not active, or begin again."""
    _learned(event, is_active=event.is_active)


def on_profile_updated(event: ProfileUpdated) -> None:
    """Keep what mails need of a profile: name, phone and language."""
    told: dict[str, Any] = {
        name: event.changed[name] for name in ("first_name", "last_name", "phone") if name in event.changed
    }
    if "preferred_language" in event.changed:
        told["language"] = event.changed["preferred_language"]
    if told:
        _learned(event, **told)


def on_user_deleted(event: UserDeleted) -> None:
    """Erase whom to write to, and what was written (B75). Every part may be repeated, so the inbox has no part in it.

    Whoever is sending meanwhile loses the race for the notification; one that is written later erases itself.
    """

    def close() -> None:
        before = people.recipient(event.user_id)
        for token in before.push_tokens if before else []:
            people.forget_device_of(event.user_id, token)
        if before is None or before.erased_at is None:
            people.learn((before or Recipient(user_id=event.user_id)).erased(), before is None)

    until_won(close)
    people.forget_preferences(event.user_id)
    for notification in stored.of_user(event.user_id):
        if notification.erased() != notification:
            stored.erase(notification)
        for attempt in stored.attempts(notification.id):
            if attempt.erased() != attempt:
                stored.amend(attempt.erased())


def _learned(event: Any, **told: Any) -> None:
    """Apply what an event tells of a recipient; one that tells nothing new changes nothing."""

    def learn() -> None:
        before = _open(event.user_id)
        recipient = before or Recipient(user_id=event.user_id)
        after = recipient.told(version_of(event), **told)
        if after == recipient:
            raise AlreadyHeard
        people.learn(after, before is None, event)

    until_won(learn)


def _open(user_id: str) -> Recipient | None:
    """What is known of a recipient; nothing more is to be learned of one who is gone."""
    found = people.recipient(user_id)
    if found and found.erased_at:
        raise AlreadyHeard
    return found
