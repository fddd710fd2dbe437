"""What the shop writes to people about, on which channels, and what of it they cannot decline."""

from typing import Annotated, Literal, NamedTuple, get_args

from pydantic import StringConstraints

from shop.records import folded

Channel = Literal["email", "sms", "push", "in_app"]
PreferredChannel = Annotated[Literal["email", "sms", "push"], folded]
Frequency = Literal["immediate", "daily", "weekly", "never"]
Status = Literal["pending", "sent", "delivered", "failed", "bounced", "suppressed"]
TypeName = Annotated[str, folded, StringConstraints(pattern=r"^[a-z0-9_]{1,50}$")]

STATUSES: tuple[str, ...] = get_args(Status)
PREFERRED: tuple[str, ...] = ("email", "sms", "push")
# What a person is written to on unless they say otherwise: a text message costs money, so it is asked for.
BY_DEFAULT = {"email": True, "sms": False, "push": True}


class Kind(NamedTuple):
    """A type of notification. `always`: its email goes whatever the preferences say."""

    channels: tuple[str, ...]
    always: bool = False
    offered: bool = True  # among the preferences


EVERYWHERE = ("email", "in_app", "push")
AND_TEXT = (*EVERYWHERE, "sms")
KINDS = {
    "user_welcome": Kind(("email", "in_app")),
    "email_verification": Kind(("email",), always=True, offered=False),
    "password_reset": Kind(("email",), always=True, offered=False),
    "phone_verification": Kind(("sms",), always=True, offered=False),
    "security_alert": Kind(EVERYWHERE, always=True),
    "order_confirmation": Kind(EVERYWHERE, always=True),
    "payment_success": Kind(("in_app", "push")),  # the confirmation of the order is mail enough
    "payment_failed": Kind(EVERYWHERE, always=True),
    "order_edited": Kind(EVERYWHERE, always=True),
    "order_processing": Kind(("in_app", "push")),
    "order_shipped": Kind(AND_TEXT),
    "order_delivered": Kind(AND_TEXT),
    "order_cancelled": Kind(AND_TEXT, always=True),
    "order_refunded": Kind(EVERYWHERE, always=True),
    "shipment_exception": Kind(AND_TEXT),
    "return_update": Kind(EVERYWHERE),
    "store_credit_changed": Kind(("email", "in_app")),
    "back_in_stock": Kind(AND_TEXT),
    "cart_abandoned": Kind(("email", "push")),
    "question_answered": Kind(EVERYWHERE),
    "review_approved": Kind(EVERYWHERE),
    "newsletter": Kind(("email",)),
    "digest": Kind(("email",), offered=False),
    # For those who run the shop.
    "operations_alert": Kind(("email",), always=True, offered=False),
    "low_stock": Kind(("email",), always=True, offered=False),
    "staff_notice": Kind(("email",), always=True, offered=False),
}
OTHER = Kind(("email",))


def kind_of(notification_type: str) -> Kind:
    """What is known of a type; one nobody has named here is an email people may decline."""
    return KINDS.get(notification_type, OTHER)
