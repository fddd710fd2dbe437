"""A carrier, or an aggregator of carriers, with a small JSON interface: parcels are booked with one POST.

``POST <api_endpoint>/shipments`` with ``Authorization: Bearer <api_key>`` and ``Idempotency-Key: <shipment id>``, the
parcel as its body; the answer has a ``tracking_number`` and may have a ``cost`` ({"amount", "currency"}).
"""

from pydantic import ValidationError

from shipping.carriers import BookingRefused
from shipping.carriers.manual import ManualCarrier
from shipping.model.shipments import Booking, Shipment
from shop import web
from shop.errors import Transient
from shop.freeform import fitting
from shop.sealing import unseal


class ApiCarrier(ManualCarrier):
    """A carrier that is asked over HTTP; its webhooks are signed like anybody's."""

    def book(self, shipment: Shipment) -> Booking | None:
        """Ask it to take the parcel. Asking again with the same id is the same parcel."""
        headers = {"Idempotency-Key": shipment.id}
        if sealed := self.carrier.sealed_api_key:
            key = unseal(sealed, purpose="carrier_api_key", carrier_id=self.carrier.id)
            headers["Authorization"] = f"Bearer {key}"
        told = shipment.model_dump(
            mode="json", include={"id", "weight", "origin_address", "destination_address", "method_id", "items"}
        )
        answer = web.send_json("POST", f"{self.carrier.api_endpoint}/shipments", told, headers)
        if answer.status >= 500 or answer.status == 429:
            raise Transient("The carrier cannot answer now")
        if answer.status >= 400:
            raise BookingRefused
        try:
            return Booking.model_validate({**answer.body, "response": fitting(answer.body)})
        except (ValidationError, TypeError) as error:
            raise BookingRefused("The carrier's answer has no tracking number") from error
