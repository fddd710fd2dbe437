"""Where notifications keeps its things.

| thing        | PK             | SK            | GSI1PK / GSI1SK             | GSI2PK / GSI2SK                      |
|--------------|----------------|---------------|-----------------------------|--------------------------------------|
| Notification | NTF#<id>       | META          | USER#<user_id> / <at>#<id>  | NST#<status>#<s> / <due or at>#<id>  |
| Attempt      | NTF#<id>       | LOG#<at>#<id> | PMSG#ses#<message id> / LOG | -                                    |
| Template     | TPL#<id>       | META          | TEMPLATES / <name>          | -                                    |
| Recipient    | USER#<user_id> | RECIPIENT     | -                           | -                                    |

<at> is created_at; a pending notification is found by when it is due. A template's name is a unique value (TPL). The
id of a notification follows from its dedupe key, so its own key is what keeps a cause from notifying twice.
"""

import time
from collections.abc import Iterator

from notifications.model import Attempt, KeptNotification, Recipient, Template
from shop import clock
from shop.errors import Transient, conflict
from shop.events import Event
from shop.events.notifications import NotificationFailed, NotificationSent
from shop.inbox import AlreadyHeard
from shop.settings import DAY
from shop.table import GSI1, GSI2, PRESENT, Key, Row, Table, Transaction, owner_of, sharded, shards

table = Table("notifications")

KEEP = 400 * DAY
CACHED = 60.0


class LostRace(Transient):
    """Someone else changed the recipient first: read again and decide again."""

    def __init__(self) -> None:
        super().__init__("Others are changing the same recipient")


def notification_key(notification_id: str) -> Key:
    """Where a notification is."""
    return Key(f"NTF#{notification_id}", "META")


def template_key(template_id: str) -> Key:
    """Where a template is."""
    return Key(f"TPL#{template_id}", "META")


def recipient_key(user_id: str) -> Key:
    """Where a recipient is."""
    return Key(f"USER#{user_id}", "RECIPIENT")


def _notification_row(n: KeptNotification) -> Row:
    when = n.due_at if n.status == "pending" else n.created_at
    return Row(
        notification_key(n.id),
        gsi1=(f"USER#{n.user_id}", f"{n.created_at}#{n.id}") if n.user_id else None,
        gsi2=(sharded(f"NST#{n.status}", n.id), f"{when}#{n.id}"),
        ttl=clock.ttl(n.created_at, KEEP),
    )


def _attempt_row(a: Attempt) -> Row:
    return Row(
        Key(f"NTF#{a.notification_id}", f"LOG#{a.created_at}#{a.id}"),
        gsi1=(f"PMSG#{a.provider}#{a.provider_message_id}", "LOG") if a.provider_message_id else None,
        ttl=clock.ttl(a.created_at, KEEP),
    )


NOTIFICATIONS = table.kind("notification", KeptNotification, _notification_row)
ATTEMPTS = table.kind("notification_log", Attempt, _attempt_row)
TEMPLATES = table.kind("email_template", Template, lambda t: Row(template_key(t.id), gsi1=("TEMPLATES", t.name)))
RECIPIENTS = table.kind("recipient", Recipient, lambda r: Row(recipient_key(r.user_id)))


def find(notification_id: str) -> KeptNotification | None:
    """A notification, if there is one."""
    return NOTIFICATIONS.get(notification_key(notification_id))


def create(
    notification: KeptNotification, cause: Event | None = None, recipient: tuple[Recipient, bool] | None = None
) -> None:
    """Write a new notification, and the recipient if the same event told of one.

    When the cause has notified before this is AlreadyMade, or AlreadyHeard for an event.
    """
    with table.transaction(cause=cause) as tx:
        tx.create(NOTIFICATIONS, notification, AlreadyHeard() if cause else None)
        if recipient:
            _write_recipient(tx, *recipient)


def due(limit: int) -> list[KeptNotification]:
    """Notifications that wait for nothing any more, at most `limit` of each shard. One Query a shard."""
    now = clock.now()
    return [
        notification
        for shard in shards("NST#pending")
        for notification in NOTIFICATIONS.query(shard, index=GSI2, high=now, limit=limit)
    ]


def of_user(user_id: str) -> Iterator[KeptNotification]:
    """All notifications to a user, as they are now, oldest first."""
    for batch in NOTIFICATIONS.batches(f"USER#{user_id}", index=GSI1):
        yield from sorted(
            NOTIFICATIONS.many(notification_key(notification.id) for notification in batch), key=lambda n: n.created_at
        )


def attempts(notification_id: str) -> list[Attempt]:
    """The attempts to send a notification."""
    return ATTEMPTS.query(f"NTF#{notification_id}", prefix="LOG#")


def amend(attempt: Attempt) -> None:
    """Write a changed attempt. Once it is over nobody else does."""
    with table.transaction() as tx:
        tx.put(ATTEMPTS, attempt, PRESENT)


def save(notification: KeptNotification) -> KeptNotification:
    """Write a changed notification; 409 when someone else has changed it, who is then the one to send it."""
    with table.transaction() as tx:
        return _save(tx, notification)


def record(notification: KeptNotification, attempt: Attempt) -> KeptNotification:
    """Write what came of an attempt, and tell it when it was the last."""
    facts = {
        "notification_id": notification.id,
        "user_id": notification.user_id,
        "channel": notification.channel,
        "notification_type": notification.notification_type,
    }
    with table.transaction() as tx:
        saved = _save(tx, notification)
        tx.put(ATTEMPTS, attempt)
        if saved.status == "sent":
            tx.say(NotificationSent(**facts), version=saved.version)
        elif saved.status == "failed":
            tx.say(NotificationFailed(**facts, error=attempt.error or ""), version=saved.version)
    return saved


def _save(tx: Transaction, notification: KeptNotification) -> KeptNotification:
    return tx.save(NOTIFICATIONS, notification, otherwise=conflict("already_sending"))


def recipient(user_id: str) -> Recipient | None:
    """Whom a user's notifications go to, if that was heard."""
    return RECIPIENTS.get(recipient_key(user_id))


def close(recipient: Recipient, new: bool) -> None:
    """Write a recipient that is erased; LostRace when it has changed meanwhile."""
    with table.transaction() as tx:
        _write_recipient(tx, recipient, new)


def learn(recipient: Recipient, new: bool, cause: Event) -> None:
    """Write what was heard of a recipient, once; LostRace when it has changed meanwhile."""
    with table.transaction(cause=cause) as tx:
        _write_recipient(tx, recipient, new)


def _write_recipient(tx: Transaction, recipient: Recipient, new: bool) -> None:
    if new:
        tx.create(RECIPIENTS, recipient, LostRace())
    else:
        tx.save(RECIPIENTS, recipient, otherwise=LostRace())


# Templates change seldom and are read for every mail: each is kept for a minute, and so is that a language has none.
_shelf: dict[str, tuple[float, Template | None]] = {}


def template(name: str) -> Template | None:
    """The template of this name, as it was at most a minute ago."""
    until, found = _shelf.get(name, (0.0, None))
    if until < time.monotonic():
        owner = owner_of(table, "TPL", name)
        found = TEMPLATES.get(owner) if owner else None
        if found or "." in name:
            _shelf[name] = (time.monotonic() + CACHED, found)
    return found


def seed_template(template: Template) -> bool:
    """Put a template where there is none of its name; whether that was so."""
    taken = conflict("name_taken")
    try:
        with table.transaction() as tx:
            tx.create(TEMPLATES, template)
            tx.claim("TPL", template.name, template_key(template.id), taken)
    except type(taken) as refusal:
        if refusal is not taken:
            raise
        return False
    _shelf.pop(template.name, None)
    return True
