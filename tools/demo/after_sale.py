"""What follows a sale, over HTTP: parcels are packed, sent and delivered, and goods come back for their money."""

import uuid
from collections.abc import Callable, Mapping

from shop import clock
from tools.client import Client, Json, Refused, until

DOCK = {"full_name": "Returns", "address_line1": "1 Dock", "city": "Leith", "postal_code": "EH6 6JH", "country": "GB"}
PATIENCE = 300.0  # seconds until a service has heard of an order: many may be sold at the same time


class Warehouse:
    """Where staff pack and send parcels, and take in what comes back."""

    def __init__(self, admin: Client) -> None:
        coach: Json = {"name": "Coach", "code": "custom"}
        zone = next(admin.all("/v1/shipping-zones"))
        carriers = list(admin.all("/v1/carriers"))
        self.admin = admin
        self.carrier = carriers[0] if carriers else admin.post("/v1/carriers", coach)
        self.method = next(admin.all("/v1/shipping-methods", zone_id=zone["id"]))

    def pack(self, order: Json) -> Json:
        """A parcel with all of an order."""
        parcel = {
            "order_id": order["order_id"],
            "method_id": self.method["id"],
            "carrier_id": self.carrier["id"],
            "items": [
                {"order_item_id": item["order_item_id"], "quantity": item["quantity"]} for item in order["items"]
            ],
            "weight": 900,
            "tracking_number": f"COACH-{uuid.uuid4().hex[:8]}",
        }
        return once_known(lambda: self.admin.post("/v1/shipments", parcel), "order_not_shippable")

    def send(self, order: Json) -> Json:
        """A parcel with all of an order, seen on its way and there."""
        shipment = self.pack(order)
        for status in ("in_transit", "delivered"):
            seen = {"status": status, "timestamp": clock.now()}
            self.admin.post(f"/v1/shipments/{shipment['id']}/tracking-events", seen)
        return shipment

    def take_back(self, customer: Client, order: Json, quantities: Mapping[str, int], why: str) -> Json:
        """A return of so many of these lines, from the wish to the refund; the return as it is then."""
        asked = {
            "order_id": order["order_id"],
            "items": [{"order_item_id": line, "quantity": quantity} for line, quantity in quantities.items()],
            "return_reason": "changed_mind",
            "return_notes": why,
        }
        back = once_known(lambda: customer.post("/v1/returns", asked), "order_not_delivered")
        place = f"/v1/returns/{back['id']}"
        self.admin.post(f"{place}/approvals", {"return_address": DOCK, "return_instructions": "In its box."})
        self.admin.post(
            f"{place}/receipts", {"items": [{"item_id": item["id"], "condition": "new"} for item in back["items"]]}
        )
        self.admin.post(f"{place}/refunds")

        def refunded() -> Json | None:
            found = customer.get(place)
            return found if found["status"] == "processed" else None

        return until(refunded, PATIENCE)


def once_known(ask: Callable[[], Json], not_yet: str) -> Json:
    """What is asked, again until the service asked has heard of the order."""

    def attempt() -> Json | None:
        try:
            return ask()
        except Refused as refused:
            if refused.code != not_yet:
                raise
            return None

    return until(attempt, PATIENCE)
