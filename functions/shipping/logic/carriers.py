"""Carriers: made, changed, removed; their secrets are sealed before they are written."""

from shipping.model.carriers import Carrier, CarrierFields, ChangeCarrier, StoredCarrier
from shipping.store import carriers as store
from shop.sealing import seal

SECRETS = ("api_key", "webhook_secret")


def create_carrier(carrier_id: str, body: CarrierFields) -> Carrier:
    """A new carrier; each code once (409 code_taken)."""
    told = body.model_dump(exclude=set(SECRETS))
    return store.save_carrier(StoredCarrier(id=carrier_id, **told, **_sealed(carrier_id, body)), new=True)


def change_carrier(carrier_id: str, version: int, body: ChangeCarrier) -> Carrier:
    """A carrier with some fields changed."""
    before = store.carrier(carrier_id).at(version)
    changes = body.model_dump(exclude_unset=True, exclude=set(SECRETS))
    return store.save_carrier(before.but(**changes, **_sealed(carrier_id, body)))


def delete_carrier(carrier_id: str, version: int) -> None:
    """Remove a carrier that never had a parcel (409 in_use)."""
    store.delete_carrier(store.carrier(carrier_id).at(version))


def _sealed(carrier_id: str, body: CarrierFields | ChangeCarrier) -> dict[str, str | None]:
    """The secrets that were given, each for its purpose and this carrier only; null takes one away."""
    given = {name: getattr(body, name) for name in SECRETS if name in body.model_fields_set}
    return {
        f"sealed_{name}": seal(secret, purpose=f"carrier_{name}", carrier_id=carrier_id) if secret else None
        for name, secret in given.items()
    }
