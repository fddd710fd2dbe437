"""Those who take the parcels, behind one interface (B152). Another carrier is a module beside `manual` and `api`."""

from collections.abc import Mapping
from typing import Protocol

from shipping.model.carriers import StoredCarrier
from shipping.model.shipments import Booking, Shipment, Sighting
from shop.errors import Refusal


class BookingRefused(Refusal):
    """422: the carrier does not take this parcel."""

    def __init__(self, detail: str = "The carrier does not take this parcel") -> None:
        super().__init__(422, "booking_refused", detail)


class BadSignature(Refusal):
    """400: the webhook is not the carrier's, or too old."""

    def __init__(self) -> None:
        super().__init__(400, "bad_signature", "The signature does not fit, or is too old")


class CarrierAdapter(Protocol):
    """What every carrier can do."""

    def book(self, shipment: Shipment) -> Booking | None:
        """Have it take a parcel, once for each shipment id; None where that is done by hand."""
        ...

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> list[Sighting]:
        """Where it saw parcels, once its signature is checked. Raises BadSignature."""
        ...


def adapter(carrier: StoredCarrier) -> CarrierAdapter:
    """The way to talk with this carrier."""
    from shipping.carriers.api import ApiCarrier
    from shipping.carriers.manual import ManualCarrier

    return ApiCarrier(carrier) if carrier.api_endpoint else ManualCarrier(carrier)
