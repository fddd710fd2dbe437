"""Notifications in the table: written once, saved by whoever holds them, found when they are due."""

from collections.abc import Callable, Iterator, Sequence

from pynamodb.expressions.operand import Path

from notifications.model.kinds import STATUSES
from notifications.model.notification import Attempt, InApp, KeptNotification
from notifications.store import entry_key, notification_key, table
from shop import clock
from shop.errors import conflict, not_found
from shop.events import Event
from shop.events import notifications as said
from shop.inbox import AlreadyHeard
from shop.pages import Page, Paging
from shop.settings import DAY
from shop.table import GSI1, GSI2, PRESENT, TABLE, Key, Row, Transaction, sharded, shards

KEEP = 400 * DAY
LOOK = 100  # at so many at once, for those a list is narrowed to
LOOKS = 5
FIRST = 20


def _notification_row(n: KeptNotification) -> Row:
    when = n.due_at if n.status == "pending" else n.created_at
    if n.status == "pending" and n.digest:
        found = (sharded("NST#held", n.user_id or ""), f"{n.due_at}#{n.user_id}#{n.id}")
    else:
        found = (sharded(f"NST#{n.status}", n.id), f"{when}#{n.id}")
    return Row(
        notification_key(n.id),
        gsi1=(f"USER#{n.user_id}", f"{n.created_at}#{n.id}") if n.user_id else None,
        gsi2=found,
        ttl=clock.ttl(n.created_at, KEEP),
    )


def _attempt_row(a: Attempt) -> Row:
    return Row(
        Key(f"NTF#{a.notification_id}", f"LOG#{a.created_at}#{a.id}"),
        gsi1=(f"PMSG#{a.provider}#{a.provider_message_id}", "LOG") if a.provider_message_id else None,
        ttl=clock.ttl(a.created_at, KEEP),
    )


def _entry_row(e: InApp) -> Row:
    place = f"{e.written_at}#{e.notification_id}"
    return Row(
        entry_key(e.notification_id),
        gsi1=(f"INAPP#{e.user_id}", place),
        gsi2=None if e.read_at else (f"UNREAD#{e.user_id}", place),
        ttl=clock.ttl(e.written_at, KEEP),
    )


NOTIFICATIONS = table.kind("notification", KeptNotification, _notification_row)
ATTEMPTS = table.kind("notification_log", Attempt, _attempt_row)
ENTRIES = table.kind("in_app_entry", InApp, _entry_row)


def find(notification_id: str) -> KeptNotification | None:
    """A notification, if there is one."""
    return NOTIFICATIONS.get(notification_key(notification_id))


def notification(notification_id: str) -> KeptNotification:
    """A notification, or 404."""
    found = find(notification_id)
    if found is None:
        raise not_found("notification")
    return found


def create(
    notifications: Sequence[KeptNotification], cause: Event | None = None, *also: Callable[[Transaction], None]
) -> None:
    """Write what one cause has to say, and `also` what the same event told.

    When the cause has notified before this is AlreadyMade, or AlreadyHeard for an event.
    """
    with table.transaction(cause=cause) as tx:
        for notification in notifications:
            tx.create(NOTIFICATIONS, notification, AlreadyHeard() if cause else None)
            _put_entry(tx, notification)
        for write in also:
            write(tx)


def tried(notification: KeptNotification, attempt: Attempt) -> Callable[[Transaction], None]:
    """The write of an attempt to send a notification that is written with it, or has been."""

    def write(tx: Transaction) -> None:
        tx.put(ATTEMPTS, attempt)
        if notification.channel != "in_app" and notification.status == "sent":
            tx.say(said.NotificationSent(**_facts(notification)), version=notification.version)
        elif notification.status == "failed":
            tx.say(
                said.NotificationFailed(**_facts(notification), error=attempt.error or ""), version=notification.version
            )

    return write


def save(notification: KeptNotification) -> KeptNotification:
    """Write a changed notification; 409 when someone else has changed it, who is then the one to send it."""
    with table.transaction() as tx:
        return _save(tx, notification)


def erase(notification: KeptNotification) -> None:
    """Write a notification without anything of the person it was for, and take it out of their letter box."""
    with table.transaction() as tx:
        _save(tx, notification.erased())
        tx.delete(entry_key(notification.id))


def record(notification: KeptNotification, attempt: Attempt) -> KeptNotification:
    """Write what came of an attempt, and tell it when it was the last."""
    with table.transaction() as tx:
        saved = _save(tx, notification)
        _put_entry(tx, saved)
        tried(saved, attempt)(tx)
    return saved


def arrived(notification: KeptNotification, word: Attempt) -> None:
    """Write that a notification has arrived, as its provider says, and tell it (E95)."""
    with table.transaction() as tx:
        saved = _save(tx, notification)
        tx.put(ATTEMPTS, word)
        tx.say(said.NotificationDelivered(**_facts(saved)), version=saved.version)


def returned(notification: KeptNotification, word: Attempt, address: str, hard: bool) -> None:
    """Write that a notification came back, as its provider says, and tell it (E97)."""
    with table.transaction() as tx:
        saved = _save(tx, notification)
        tx.put(ATTEMPTS, word)
        bounced = said.NotificationBounced(notification_id=saved.id, user_id=saved.user_id, email=address, hard=hard)
        tx.say(bounced, version=saved.version)


def collect(digest: KeptNotification, parts: Sequence[KeptNotification]) -> None:
    """Write a digest in place of what was held for it; 409 when one of its parts has been taken meanwhile."""
    with table.transaction() as tx:
        tx.create(NOTIFICATIONS, digest)
        for part in parts:
            _save(tx, part)


def _facts(n: KeptNotification) -> dict[str, str | None]:
    return {
        "notification_id": n.id,
        "user_id": n.user_id,
        "channel": n.channel,
        "notification_type": n.notification_type,
    }


def _save(tx: Transaction, notification: KeptNotification) -> KeptNotification:
    return tx.save(NOTIFICATIONS, notification, otherwise=conflict("already_sending"))


def _put_entry(tx: Transaction, n: KeptNotification) -> None:
    if n.channel == "in_app" and n.status == "delivered" and n.user_id:
        tx.put(ENTRIES, InApp(notification_id=n.id, user_id=n.user_id, written_at=n.created_at))


# --- found


def due(limit: int) -> list[KeptNotification]:
    """Notifications that wait for nothing any more, at most `limit` of each shard (AP63). One Query a shard."""
    return _due("NST#pending", limit)


def held(limit: int) -> list[KeptNotification]:
    """What waits for a digest whose time has come, each user's together, at most `limit` of each shard."""
    return _due("NST#held", limit)


def _due(prefix: str, limit: int) -> list[KeptNotification]:
    now = clock.now()
    return [
        notification
        for shard in shards(prefix)
        for notification in NOTIFICATIONS.query(shard, index=GSI2, high=now, limit=limit)
    ]


def with_status(status: str | None, paging: Paging) -> Page[KeptNotification]:
    """Everyone's notifications of one status, or all (AP63)."""
    wanted = [status] if status else [*STATUSES]
    if "pending" in wanted:
        wanted.append("held")
    return NOTIFICATIONS.page([pk for name in wanted for pk in shards(f"NST#{name}")], paging, index=GSI2)


def to_user(
    user_id: str, paging: Paging, channel: str | None = None, status: str | None = None
) -> Page[KeptNotification]:
    """A user's notifications, newest first, narrowed to a channel or a status (AP62).

    Those that are wanted are looked for among a few hundred; a page may hold fewer than asked for and still lead on.
    """
    if channel is None and status is None:
        return NOTIFICATIONS.page(f"USER#{user_id}", paging)
    after, found = paging.after, list[KeptNotification]()
    for _ in range(LOOKS):
        batch = NOTIFICATIONS.query(
            f"USER#{user_id}", index=GSI1, low="", high=after or "\U0010ffff", newest_first=True, limit=LOOK + 1
        )
        seen = [n for n in batch if _place(n) != after]
        for n in seen:
            if n.channel == (channel or n.channel) and n.status == (status or n.status):
                if len(found) == paging.limit:
                    return paging.page(found, last=_place(found[-1]))
                found.append(n)
        if len(batch) <= LOOK:
            return paging.page(found, last=None)
        after = _place(seen[-1])
    return paging.page(found, last=after)


def _place(n: KeptNotification) -> str:
    return f"{n.created_at}#{n.id}"


def of_user(user_id: str) -> Iterator[KeptNotification]:
    """All notifications to a user, as they are now, oldest first."""
    for batch in NOTIFICATIONS.batches(f"USER#{user_id}", index=GSI1):
        yield from sorted(
            NOTIFICATIONS.many(notification_key(notification.id) for notification in batch), key=lambda n: n.created_at
        )


def of_newcomer(user_id: str) -> list[KeptNotification]:
    """The first notifications to a user, as far as the index has them (AP62). One Query."""
    return NOTIFICATIONS.query(f"USER#{user_id}", index=GSI1, limit=FIRST)


def of_message(provider: str, message_id: str) -> str | None:
    """The id of the notification a provider knows by this name (AP63)."""
    found = ATTEMPTS.query(f"PMSG#{provider}#{message_id}", index=GSI1, limit=1)
    return found[0].notification_id if found else None


def attempts(notification_id: str) -> list[Attempt]:
    """The attempts to send a notification, oldest first."""
    return ATTEMPTS.query(f"NTF#{notification_id}", prefix="LOG#")


def log(notification_id: str, paging: Paging) -> Page[Attempt]:
    """The attempts to send a notification, a page at a time, oldest first."""
    return ATTEMPTS.page(f"NTF#{notification_id}", paging, index=TABLE, prefix="LOG#", newest_first=False)


def amend(attempt: Attempt) -> None:
    """Write a changed attempt. Once it is over nobody else does."""
    with table.transaction() as tx:
        tx.put(ATTEMPTS, attempt, PRESENT)


# --- the letter box of the app


def unread(user_id: str, paging: Paging) -> Page[KeptNotification]:
    """What the app has not shown its user yet, newest first (AP62)."""
    return _those(ENTRIES.page(f"UNREAD#{user_id}", paging, index=GSI2))


def in_app(user_id: str, paging: Paging) -> Page[KeptNotification]:
    """The letter box of the app, newest first (AP62)."""
    return _those(ENTRIES.page(f"INAPP#{user_id}", paging))


def _those(entries: Page[InApp]) -> Page[KeptNotification]:
    found = {n.id: n for n in NOTIFICATIONS.many(notification_key(entry.notification_id) for entry in entries.data)}
    data = [found[entry.notification_id] for entry in entries.data if entry.notification_id in found]
    return entries.showing(data)


def count_unread(user_id: str) -> int:
    """How many the app has not shown its user yet (AP62)."""
    return table.count(f"UNREAD#{user_id}", index=GSI2)


def unread_ids(user_id: str) -> Iterator[str]:
    """The ids of all the app has not shown its user yet."""
    for batch in ENTRIES.batches(f"UNREAD#{user_id}", index=GSI2):
        yield from [entry.notification_id for entry in batch]


def mark_read(notification_ids: Sequence[str]) -> None:
    """Write that their user has seen these; who was first says when. 404 when one is gone."""
    with table.transaction() as tx:
        for notification_id in notification_ids:
            first = Path("read_at").set(Path("read_at") | tx.now)
            tx.update(notification_key(notification_id), first, otherwise=not_found("notification"))
            tx.update(
                entry_key(notification_id),
                first,
                Path(GSI2.pk).remove(),
                Path(GSI2.sk).remove(),
                otherwise=not_found("notification"),
            )
