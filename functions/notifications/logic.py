"""What notifications can be asked to do: write to people, once per cause, and try until it is sent or hopeless."""

import time
from collections.abc import Callable
from os import environ
from typing import Any, TypeVar

from notifications import mail, sms, store, writing
from notifications.model import (
    ATTEMPTS,
    Attempt,
    ConfirmedOrder,
    KeptNotification,
    OrderedItem,
    Recipient,
    Seeded,
    Sent,
    Template,
    id_of,
)
from shop import settings
from shop.errors import Refusal
from shop.events import Event
from shop.events.auth import UserCreated, UserDeleted, UserEmailChanged, UserStatusChanged
from shop.events.orders import CheckoutCompensationFailed, CheckoutFailed, OrderCancelled, OrderConfirmed
from shop.events.payments import RefundFailed, RefundSucceeded
from shop.events.users import ProfileUpdated
from shop.inbox import AlreadyHeard
from shop.sealing import unseal
from shop.table import AlreadyMade
from shop.telemetry import logger

T = TypeVar("T")
TRIES = 8
HIDDEN = "..."
BATCH = 20  # of each shard, each minute
PATIENCE = 40.0  # seconds a run of the job takes new ones on

# The failures of a checkout that its customer hears of by mail; the others they have seen on the screen.
PAYMENT_FAILURES = frozenset({"payment_declined", "payment_expired"})


def send_order_confirmation(order: ConfirmedOrder) -> Sent:
    """Confirm an order by mail, unless that has been done; a mail that cannot be sent now is left to the job."""
    try:
        notification = _confirm(order)
    except AlreadyMade:
        made = store.find(id_of(_confirmation(order.order_id)))
        assert made is not None
        notification = made
    return Sent(notification_id=notification.id, status=notification.status, attempts=notification.attempts)


def seed_templates() -> Seeded:
    """Put the templates that come with the shop where there is none of their name."""
    return Seeded(created=[template.name for template in writing.shipped() if store.seed_template(template)])


def send_due() -> None:
    """Send what waits for nothing any more: after a pause, a late recipient, or a sender that died."""
    stop = time.monotonic() + PATIENCE
    for notification in store.due(BATCH):
        if time.monotonic() > stop:
            return
        try:
            if notification.attempts >= ATTEMPTS:
                _failed(notification, "the last attempt never ended", final=True)
            else:
                deliver(store.save(notification.begun()))
        except Refusal as refusal:
            logger.info("left to another sender", extra={"notification_id": notification.id, "refused": refusal.code})
        except Exception:
            logger.exception("notification failed", extra={"notification_id": notification.id})


def deliver(notification: KeptNotification) -> KeptNotification:
    """Send a notification whose attempt the caller has begun, and write down what came of it.

    Should the process end after SES took the mail and before that is written, the mail goes out again when the lease
    is over: SES cannot be asked whether it has seen a message.
    """
    recipient = _recipient(notification)
    if recipient and recipient.erased_at:  # told too late, or before that was heard: nothing of the person stays
        return store.save(notification.erased())
    address = notification.to or (recipient.email if recipient else None)
    if recipient is None or not address:
        if notification.overdue:
            return _failed(notification, "no_recipient", final=True)
        return store.save(notification.postponed())
    if not recipient.is_active:
        return store.save(notification.but(status="suppressed"))
    template = _template(notification.notification_type, recipient.language)
    if template is None:
        return _failed(notification, "no_active_template")
    try:
        variables = {"first_name": recipient.first_name, **notification.variables}
        letter = writing.write(template, {**variables, **_opened(notification)})
        message_id = (sms if notification.channel == "sms" else mail).send(address, letter)
    except writing.Unwritable as error:
        return _failed(notification, str(error), final=True)
    except mail.NotSent as error:
        return _failed(notification, str(error))
    attempt = _attempt(notification, "sent", provider_message_id=message_id)
    # What is kept of a letter tells no secret.
    kept = writing.write(template, {**variables, **dict.fromkeys(notification.sealed, HIDDEN)})
    return store.record(notification.sent(kept), attempt)


def on_user_created(event: UserCreated) -> None:
    """Note whom to write to, and welcome them."""

    def introduce() -> KeptNotification:
        before = store.recipient(event.user_id)
        if before and before.erased_at:
            raise AlreadyHeard
        recipient = (before or Recipient(user_id=event.user_id)).told(
            _version(event),
            email=event.email,
            phone=event.phone,
            first_name=event.first_name,
            last_name=event.last_name,
            language=event.language,
            is_active=True,
        )
        welcome = KeptNotification.about(
            f"user_welcome:{event.user_id}", user_id=event.user_id, notification_type="user_welcome"
        )
        store.create(welcome, event, (recipient, before is None))
        return welcome

    deliver(_decided(introduce))


def on_user_email_changed(event: UserEmailChanged) -> None:
    """Write to the new address from now on; the old one is told, should somebody else have done it."""

    def learn() -> None:
        before = store.recipient(event.user_id)
        recipient = before or Recipient(user_id=event.user_id)
        if recipient.erased_at:
            raise AlreadyHeard
        store.create(farewell, event, (recipient.told(_version(event), email=event.email), before is None))

    farewell = KeptNotification.about(
        f"email_changed:{key_of(event)}",
        user_id=event.user_id,
        notification_type="security_alert",
        variables=warning("email_changed", event),
        to=event.old_email,
    )
    _decided(learn)
    deliver(farewell)


def on_user_status_changed(event: UserStatusChanged) -> None:
    """Stop writing to someone whose account is not active, or begin again."""
    _learned(event, is_active=event.is_active)


def on_user_deleted(event: UserDeleted) -> None:
    """Erase whom to write to, and what was written (B75). Every part may be repeated, so the inbox has no part in it.

    Whoever is sending meanwhile loses the race for the notification; one that is written later erases itself.
    """

    def close() -> None:
        before = store.recipient(event.user_id)
        if before is None or before.erased_at is None:
            store.close((before or Recipient(user_id=event.user_id)).erased(), before is None)

    _decided(close)
    for notification in store.of_user(event.user_id):
        if notification.erased() != notification:
            store.save(notification.erased())
        for attempt in store.attempts(notification.id):
            if attempt.erased() != attempt:
                store.amend(attempt.erased())


def on_profile_updated(event: ProfileUpdated) -> None:
    """Keep what mails need of a profile: name, phone and language."""
    told: dict[str, Any] = {
        name: event.changed[name] for name in ("first_name", "last_name", "phone") if name in event.changed
    }
    if "preferred_language" in event.changed:
        told["language"] = event.changed["preferred_language"]
    if told:
        _learned(event, **told)


def on_order_confirmed(event: OrderConfirmed) -> None:
    """Confirm the order, should the checkout not have done so."""
    _confirm(ConfirmedOrder.model_validate(event.model_dump()), event)


def on_order_cancelled(event: OrderCancelled) -> None:
    """Tell the customer that the order is cancelled."""
    items = [OrderedItem.model_validate(item.model_dump()).model_dump() for item in event.items]
    variables = {"order_number": event.order_number, "items": items, "reason": event.reason}
    notify("order_cancelled", f"order_cancelled:{event.order_id}", event, event.user_id, variables)


def on_refund_succeeded(event: RefundSucceeded) -> None:
    """Tell the customer what they get back: once per refund, and once for the one that completes it."""
    key = f"order_refunded:{event.order_id}" if event.fully_refunded else f"refund:{event.refund_id}"
    confirmed = store.find(id_of(_confirmation(event.order_id)))
    variables = {
        "order_number": confirmed.variables.get("order_number") if confirmed else None,
        "amount": event.amount.model_dump(),
        "fully_refunded": event.fully_refunded,
    }
    notify("order_refunded", key, event, event.user_id, variables)


def on_checkout_failed(event: CheckoutFailed) -> None:
    """Tell the customer when it was the payment."""
    if event.code in PAYMENT_FAILURES:
        variables = {"expired": event.code == "payment_expired"}
        notify("payment_failed", f"payment_failed:{event.checkout_id}", event, event.user_id, variables)


def on_checkout_compensation_failed(event: CheckoutCompensationFailed) -> None:
    """Call an operator: an undo is stuck."""
    facts = {"Checkout": event.checkout_id, "Step": event.step, "Error": event.error}
    _alert("A checkout could not be undone", event, facts)


def on_refund_failed(event: RefundFailed) -> None:
    """Call an operator: a customer waits for money."""
    facts = {"Refund": event.refund_id, "Payment": event.payment_id, "Order": event.order_id, "Error": event.error}
    _alert("A refund failed", event, facts)


def _confirm(order: ConfirmedOrder, cause: Event | None = None) -> KeptNotification:
    key = _confirmation(order.order_id)
    return notify("order_confirmation", key, cause, order.user_id, order.model_dump())


def _confirmation(order_id: str) -> str:
    return f"order_confirmed:{order_id}"


def _alert(headline: str, event: Event, facts: dict[str, str]) -> None:
    """Write to the operators, if the stack says where they are."""
    address = environ.get("OPERATIONS_MAIL")
    if not address:
        logger.warning(headline, extra=facts)
        return
    assert event.meta is not None
    variables = {"headline": headline, "facts": facts}
    notify("operations_alert", f"{event.type}:{event.meta.id}", event, None, variables, to=address)


def notify(
    kind: str, key: str, cause: Event | None, user_id: str | None, variables: dict[str, Any], **more: Any
) -> KeptNotification:
    """Write to someone about a cause, once: AlreadyMade, or AlreadyHeard for an event, when that has been done."""
    notification = KeptNotification.about(key, user_id=user_id, notification_type=kind, variables=variables, **more)
    store.create(notification, cause)
    return deliver(notification)


def _recipient(notification: KeptNotification) -> Recipient | None:
    if notification.user_id is None:
        return Recipient(user_id="")
    found = store.recipient(notification.user_id)
    return found or (Recipient(user_id=notification.user_id) if notification.to else None)


def _opened(notification: KeptNotification) -> dict[str, str]:
    """What was sealed for us, in clear."""
    context = {"purpose": notification.sealed_for, "user_id": notification.user_id or ""}
    return {name: unseal(text, **context) for name, text in notification.sealed.items()}


def _template(name: str, language: str) -> Template | None:
    """The active template in the recipient's language, or else the one without."""
    languages = dict.fromkeys((language.lower(), language.lower().partition("-")[0]))
    for candidate in [*(f"{name}.{tag}" for tag in languages if tag != "en"), name]:
        found = store.template(candidate)
        if found and found.is_active:
            return found
    return None


def _failed(notification: KeptNotification, error: str, *, final: bool = False) -> KeptNotification:
    attempt = _attempt(notification, "failed", error=error)
    return store.record(notification.failed(final=final), attempt)


def _attempt(notification: KeptNotification, status: str, **facts: Any) -> Attempt:
    provider = sms.PROVIDER if notification.channel == "sms" else mail.PROVIDER
    return Attempt(notification_id=notification.id, status=status, provider=provider, **facts)


def _learned(event: Any, **told: Any) -> None:
    """Apply what an event tells of a recipient; one that tells nothing new changes nothing."""

    def learn() -> None:
        before = store.recipient(event.user_id)
        recipient = before or Recipient(user_id=event.user_id)
        if recipient.erased_at:
            raise AlreadyHeard
        after = recipient.told(_version(event), **told)
        if after == recipient:
            raise AlreadyHeard
        store.learn(after, before is None, event)

    _decided(learn)


def key_of(event: Event) -> str:
    """What makes this event a cause of its own."""
    assert event.meta is not None
    return event.meta.id


def warning(what: str, event: Event, ip_address: str = "") -> dict[str, Any]:
    """What a security alert says."""
    assert event.meta is not None
    return {
        "what": what,
        "at": moment(event.meta.occurred_at),
        "ip_address": ip_address or None,
        "page": f"{settings.STOREFRONT_URL}/reset-password",
    }


def moment(at: str) -> str:
    """A moment as people read it."""
    return f"{at[:10]} {at[11:16]} UTC"


def _version(event: Event) -> int:
    assert event.meta is not None
    return event.meta.aggregate_version


def _decided(decide: Callable[[], T]) -> T:
    """Read, decide and write; again when someone else wrote in between."""
    for _ in range(TRIES - 1):
        try:
            return decide()
        except store.LostRace:
            continue
    return decide()
