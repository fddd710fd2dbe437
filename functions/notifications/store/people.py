"""Recipients in the table, with what they prefer beside them and the devices they carry."""

from collections.abc import Callable

from pynamodb.expressions.operand import Path

from notifications.model.recipient import Person, Preference, PushToken, Recipient
from notifications.store import device_key, preference_key, recipient_key, table
from shop.events import Event
from shop.events import notifications as said
from shop.races import LostRace
from shop.table import Key, Row, Transaction

RECIPIENTS = table.kind("recipient", Recipient, lambda r: Row(recipient_key(r.user_id)))
PREFERENCES = table.kind(
    "notification_preference",
    Preference,
    lambda p: Row(preference_key(p.user_id, p.notification_type, p.channel)),
)
DEVICES = table.kind("push_token", PushToken, lambda t: Row(device_key(t.token)))


def recipient(user_id: str) -> Recipient | None:
    """Whom a user's notifications go to, if that was heard."""
    return RECIPIENTS.get(recipient_key(user_id))


def person(user_id: str) -> Person:
    """A recipient with all they prefer (AP64). One Query."""
    kept = table.collection(f"USER#{user_id}")
    recipients = [thing for thing in kept if isinstance(thing, Recipient)]
    return Person(
        recipient=recipients[0] if recipients else None,
        preferences=[thing for thing in kept if isinstance(thing, Preference)],
    )


def writing(recipient: Recipient, new: bool) -> Callable[[Transaction], None]:
    """The write of a recipient; LostRace when it has changed meanwhile."""

    def write(tx: Transaction) -> None:
        if new:
            tx.create(RECIPIENTS, recipient, LostRace())
        else:
            tx.save(RECIPIENTS, recipient, otherwise=LostRace())

    return write


def not_erased(user_id: str) -> Callable[[Transaction], None]:
    """Let the rest happen only while the user, if we know them, has not been erased; LostRace otherwise."""
    return lambda tx: tx.check(recipient_key(user_id), Path("erased_at").does_not_exist(), LostRace())


def learn(recipient: Recipient, new: bool, cause: Event | None = None) -> None:
    """Write what was heard of a recipient, once; LostRace when it has changed meanwhile."""
    with table.transaction(cause=cause) as tx:
        writing(recipient, new)(tx)


def preference(user_id: str, notification_type: str, channel: str) -> Preference | None:
    """What a user said of one type on one channel, if they did."""
    return PREFERENCES.get(preference_key(user_id, notification_type, channel))


def prefer(before: Preference | None, after: Preference) -> Preference:
    """Write a preference, and tell it; LostRace when it has changed meanwhile."""
    news = said.PreferenceUpdated.model_validate(after.model_dump())
    with table.transaction() as tx:
        if before is None:
            saved = tx.create(PREFERENCES, after, LostRace())
        else:
            saved = tx.save(PREFERENCES, after, otherwise=LostRace())
        tx.say(news, version=saved.version)
    return saved


def device(token: str) -> PushToken | None:
    """A device, if it is known."""
    return DEVICES.get(device_key(token))


def hand_over(before: PushToken | None, after: PushToken, *owners: tuple[Recipient, bool]) -> PushToken:
    """Write a device with who carries it now, and who did before; LostRace when one of them has changed meanwhile."""
    with table.transaction() as tx:
        if before is None:
            saved = tx.create(DEVICES, after, LostRace())
        else:
            saved = tx.save(DEVICES, after, otherwise=LostRace())
        for owner, new in owners:
            writing(owner, new)(tx)
    return saved


def forget_device(device: PushToken, owner: Recipient | None) -> None:
    """Remove a device, also from who carries it; LostRace when either has changed meanwhile."""
    with table.transaction() as tx:
        tx.delete(device_key(device.token), Path("version") == device.version, LostRace())
        if owner:
            writing(owner, False)(tx)


def forget_device_of(user_id: str, token: str) -> None:
    """Remove a device, unless somebody else carries it by now."""
    with table.transaction() as tx:
        mine = Path("PK").does_not_exist() | (Path("user_id") == user_id)
        tx.delete(device_key(token), mine)


def forget_preferences(user_id: str) -> None:
    """Remove all a user said they prefer."""
    keys = [Key(item["PK"]["S"], item["SK"]["S"]) for item in table.items(f"USER#{user_id}", prefix="PREF#")]
    if keys:
        table.delete_all(keys)
