"""A carrier without an interface of ours: its numbers are typed in, and its webhooks have the shop's own form."""

import hashlib
import hmac
import re
import time
from collections.abc import Mapping

from pydantic import ValidationError

from shipping.carriers import BadSignature
from shipping.model.carriers import StoredCarrier
from shipping.model.shipments import Booking, Shipment, Sighting
from shop.errors import Refusal
from shop.records import adapter
from shop.sealing import unseal

SIGNATURE_AGE = 300  # seconds
_SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")


class ManualCarrier:
    """Parcels are handed over by people.

    A webhook is a JSON list of sightings with the header ``X-Carrier-Signature: t=<unix time>,v1=<hex>``, where v1 is
    the HMAC-SHA256 of ``<t>.<body>`` under the carrier's webhook secret.
    """

    def __init__(self, carrier: StoredCarrier) -> None:
        self.carrier = carrier

    def book(self, shipment: Shipment) -> Booking | None:
        """People do."""
        return None

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> list[Sighting]:
        """The sightings in a signed list."""
        sealed = self.carrier.sealed_webhook_secret
        found = _SIGNATURE.fullmatch(headers.get("x-carrier-signature", ""))
        if sealed is None or found is None or abs(time.time() - int(found[1])) > SIGNATURE_AGE:
            raise BadSignature
        secret = unseal(sealed, purpose="carrier_webhook_secret", carrier_id=self.carrier.id)
        expected = hmac.new(secret.encode(), f"{found[1]}.".encode() + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, found[2]):
            raise BadSignature
        try:
            return list(adapter(list[Sighting]).validate_json(body))
        except ValidationError as error:
            raise Refusal(400, "malformed_json", f"Not a list of sightings: {error.error_count()} faults") from None
