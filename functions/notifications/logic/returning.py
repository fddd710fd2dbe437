"""What customers are told of what they send back: each step of a return once."""

from typing import Any

from notifications.logic.sending import notify
from shop import settings
from shop.events.returns import (
    ReturnApproved,
    ReturnInTransit,
    ReturnProcessed,
    ReturnReceived,
    ReturnRejected,
    ReturnRequested,
)

Step = ReturnRequested | ReturnApproved | ReturnRejected | ReturnInTransit | ReturnReceived | ReturnProcessed


def on_return_moved(event: Step) -> None:
    """Tell the customer how far their return is (E72-E76, E79)."""
    what = event.type.partition(".")[2]
    variables = {
        "what": what,
        "rma_number": event.rma_number,
        "page": f"{settings.STOREFRONT_URL}/returns/{event.return_id}",
        **_details(event),
    }
    notify("return_update", f"return_{what}:{event.return_id}", event, event.user_id, variables)


def _details(event: Step) -> dict[str, Any]:
    """What the step adds; the template asks for all of them, so what is not told is null."""
    told: dict[str, Any] = dict.fromkeys(("address", "instructions", "until", "reason", "tracking_number", "amount"))
    match event:
        case ReturnApproved():
            address = event.return_address.model_dump(exclude={"phone"})
            told |= {"address": address, "instructions": event.return_instructions, "until": event.expires_at[:10]}
        case ReturnRejected():
            told["reason"] = event.reason
        case ReturnInTransit():
            told["tracking_number"] = event.tracking_number
        case ReturnProcessed():
            told["amount"] = event.refund_amount.model_dump()
    return told
