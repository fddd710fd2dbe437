"""Writing to people, once per cause and channel, and trying until it is sent or hopeless."""

import time
from typing import Any, NamedTuple

from notifications import senders, writing
from notifications.logic import devices
from notifications.logic.periods import next_issue
from notifications.logic.templates import frame
from notifications.model.kinds import kind_of
from notifications.model.notification import ATTEMPTS, Attempt, KeptNotification
from notifications.model.recipient import Person, Recipient
from notifications.model.template import Letter, Template
from notifications.senders import push
from notifications.store import notifications as stored
from notifications.store import people, templates
from shop.errors import Refusal
from shop.events import Event
from shop.races import until_won
from shop.sealing import unseal
from shop.telemetry import logger

HIDDEN = "..."
BATCH = 20  # of each shard, each minute
PATIENCE = 40.0  # seconds a run of the job takes new ones on


class Outcome(NamedTuple):
    """What became of a notification, and the attempt to send it, if there was one."""

    notification: KeptNotification
    attempt: Attempt | None = None


def notify(
    kind: str, key: str, cause: Event | None, user_id: str | None, variables: dict[str, Any], **more: Any
) -> KeptNotification:
    """Write to someone about a cause, once: AlreadyMade, or AlreadyHeard for an event, when that has been done.

    The first of the type's channels has the key for itself, the others have theirs beside it. What goes into the app's
    letter box has arrived with this write; nothing is written to someone who is erased while it is being written.
    """

    def write() -> tuple[list[KeptNotification], Person]:
        person = person_of(user_id)
        outcomes = [_boxed(n, person) for n in written(kind, key, user_id, variables, person, **more)]
        made, tries = (
            [o.notification for o in outcomes],
            [stored.tried(o.notification, o.attempt) for o in outcomes if o.attempt],
        )
        there = [people.not_erased(user_id)] if user_id and not person.is_erased else []
        stored.create(made, cause, *tries, *there)
        return made, person

    made, person = until_won(write)
    first, *_ = [_sent(notification, person) for notification in made]
    return first


def _boxed(notification: KeptNotification, person: Person) -> Outcome:
    """What becomes of a notification that goes into the letter box; the others have yet to be sent."""
    return _outcome(notification, person) if notification.channel == "in_app" else Outcome(notification)


def _sent(notification: KeptNotification, person: Person) -> KeptNotification:
    return notification if notification.channel == "in_app" else deliver(notification, person)


def written(
    kind: str, key: str, user_id: str | None, variables: dict[str, Any], person: Person, **more: Any
) -> list[KeptNotification]:
    """What a cause has to say to someone, on each channel that is of any use; `more` is for the first alone."""
    fields = {"user_id": user_id, "notification_type": kind, "variables": variables}
    first, *others = kind_of(kind).channels
    return [
        KeptNotification.about(key, channel=first, **fields, **more),
        *(
            KeptNotification.about(f"{key}#{channel}", channel=channel, **fields)
            for channel in others
            if _reachable(kind, person, channel)
        ),
    ]


def person_of(user_id: str | None) -> Person:
    """What is known of whom to write to; of no user it is those who run the shop."""
    return people.person(user_id) if user_id else Person(recipient=Recipient(user_id=""))


def _reachable(kind: str, person: Person, channel: str) -> bool:
    """Whether there is any use in writing on one of a type's further channels."""
    recipient = person.recipient
    if channel == "in_app":
        return True
    if recipient is None or person.frequency(kind, channel) == "never":
        return False
    return bool(recipient.phone) if channel == "sms" else bool(recipient.push_tokens) and push.configured()


def deliver_all(made: list[KeptNotification]) -> KeptNotification:
    """Send what one cause has to say on all its channels; what became of the first.

    The recipient is read after this was written: one who was erased meanwhile is found to be gone.
    """
    person = person_of(made[0].user_id)
    first, *_ = [deliver(notification, person) for notification in made]
    return first


def send_due() -> None:
    """Send what waits for nothing any more: after a pause, a late recipient, or a sender that died."""
    stop = time.monotonic() + PATIENCE
    for notification in stored.due(BATCH):
        if time.monotonic() > stop:
            return
        _send_one(notification)


def send_waiting(user_id: str) -> None:
    """Send what waited for its recipient to be heard of. What is just being written is left to `send_due`."""
    for notification in stored.of_newcomer(user_id):
        if notification.waits_for_recipient:
            _send_one(notification)


def _send_one(notification: KeptNotification) -> None:
    """Begin another attempt, if nobody else has; one that goes wrong does not keep the others waiting."""
    try:
        if notification.attempts >= ATTEMPTS:
            failed(notification, "the last attempt never ended", final=True)
        else:
            deliver(stored.save(notification.begun()))
    except Refusal as refusal:
        logger.info("left to another sender", extra={"notification_id": notification.id, "refused": refusal.code})
    except Exception:
        logger.exception("notification failed", extra={"notification_id": notification.id})


def deliver(notification: KeptNotification, person: Person | None = None) -> KeptNotification:
    """Send a notification whose attempt the caller has begun, and write down what came of it.

    Should the process end after a provider took the message and before that is written, it goes out again when the
    lease is over: SES cannot be asked whether it has seen a message.
    """
    return _kept(_outcome(notification, person or person_of(notification.user_id)))


def _kept(outcome: Outcome) -> KeptNotification:
    if outcome.attempt:
        return stored.record(outcome.notification, outcome.attempt)
    return stored.save(outcome.notification)


def _outcome(notification: KeptNotification, person: Person) -> Outcome:
    """Send a notification, unless something speaks against it."""
    recipient = person.recipient
    if recipient and recipient.erased_at:  # told too late, or before that was heard: nothing of the person stays
        return Outcome(notification.erased())
    if recipient is None and (notification.to or notification.channel == "in_app"):
        recipient = Recipient(user_id=notification.user_id or "")
    addresses = _addresses(notification, recipient) if recipient else []
    if recipient is None or not addresses:
        if notification.overdue:
            return _failed(notification, "no_recipient", final=True)
        return Outcome(notification.postponed())
    frequency = person.frequency(notification.notification_type, notification.channel)
    if not recipient.is_active or frequency == "never" or not _wanted(notification, recipient, addresses):
        return Outcome(notification.but(status="suppressed", sealed={}))
    if frequency != "immediate":
        return Outcome(notification.waiting(next_issue(frequency), frequency))
    return _attempted(notification, recipient, addresses)


def _attempted(notification: KeptNotification, recipient: Recipient, addresses: list[str]) -> Outcome:
    template = template_of(notification, recipient)
    if template is None:
        return _failed(notification, "no_active_template")
    variables = {"first_name": recipient.first_name, **notification.variables}
    try:
        letter = writing.write(template, {**variables, **_opened(notification)}, frame())
        message_id = _send(notification, recipient, addresses, letter)
    except writing.Unwritable as error:
        return _failed(notification, str(error), final=True)
    except senders.Gone as error:
        return _failed(notification, str(error), final=True)
    except senders.NotSent as error:
        return _failed(notification, str(error))
    # What is kept of a letter tells no secret.
    kept = writing.write(template, {**variables, **dict.fromkeys(notification.sealed, HIDDEN)}, frame())
    return Outcome(notification.sent(kept), attempt(notification, "sent", provider_message_id=message_id))


def _send(n: KeptNotification, recipient: Recipient, addresses: list[str], letter: Letter) -> str:
    """Hand a letter to whoever carries it, for each of the addresses: one that takes it is enough."""
    taken, refused = "", senders.NotSent("no_address")
    for address in addresses:
        try:
            taken = senders.of(n.channel).send(address, letter) or taken
        except senders.Gone as gone:
            refused = gone
            devices.forget(recipient.user_id, address)
        except senders.NotSent as error:
            refused = error
    if not taken:
        raise refused
    return taken


def _addresses(notification: KeptNotification, recipient: Recipient) -> list[str]:
    match notification.channel:
        case "email":
            found = notification.to or recipient.email
        case "sms":
            found = notification.to or recipient.phone
        case "in_app":
            found = recipient.user_id
        case _:
            return recipient.push_tokens
    return [found] if found else []


def _wanted(notification: KeptNotification, recipient: Recipient, addresses: list[str]) -> bool:
    """Whether mail may go where it is to go; on the other channels nothing comes back."""
    always = kind_of(notification.notification_type).always
    return notification.channel != "email" or recipient.takes_mail(addresses[0], always=always)


def _opened(notification: KeptNotification) -> dict[str, str]:
    """What was sealed for us, in clear."""
    context = {"purpose": notification.sealed_for, "user_id": notification.user_id or ""}
    return {name: unseal(text, **context) for name, text in notification.sealed.items()}


def template_of(notification: KeptNotification, recipient: Recipient) -> Template | None:
    """The active template of a notification: the one it names, or its type's in the recipient's language."""
    if notification.template_id:
        found = templates.find(notification.template_id)
        return found if found and found.is_active else None
    name, language = notification.notification_type, recipient.language.lower()
    languages = dict.fromkeys((language, language.partition("-")[0]))
    for candidate in [*(f"{name}.{tag}" for tag in languages if tag != "en"), name]:
        found = templates.named(candidate)
        if found and found.is_active:
            return found
    return None


def failed(notification: KeptNotification, error: str, *, final: bool = False) -> KeptNotification:
    """Write that an attempt failed, and why."""
    return _kept(_failed(notification, error, final=final))


def _failed(notification: KeptNotification, error: str, *, final: bool = False) -> Outcome:
    return Outcome(notification.failed(final=final), attempt(notification, "failed", error=error))


def attempt(notification: KeptNotification, status: str, **facts: Any) -> Attempt:
    """A row of a notification's log."""
    provider = senders.of(notification.channel).PROVIDER
    return Attempt(notification_id=notification.id, status=status, provider=provider, **facts)
