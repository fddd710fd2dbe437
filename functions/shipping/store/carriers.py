"""Carriers in the table."""

from pynamodb.expressions.operand import Path

from shipping.model.carriers import Carrier, StoredCarrier
from shipping.store import CARRIERS, carrier_key, table
from shop.errors import conflict, invalid, not_found
from shop.keeping import Kept
from shop.pages import Page, Paging
from shop.table import Transaction, owner_of

# Carriers change seldom and tell of every parcel: each is kept for a minute by its code.
coded: Kept[StoredCarrier] = Kept()


def carrier(carrier_id: str) -> StoredCarrier:
    """A carrier, or 404."""
    found = CARRIERS.get(carrier_key(carrier_id))
    if found is None:
        raise not_found("carrier")
    return found


def carrier_coded(code: str) -> StoredCarrier:
    """The carrier of a code, as it was at most a minute ago (AP51), or 404."""
    return coded.get(code, lambda: _coded(code))


def _coded(code: str) -> StoredCarrier:
    owner = owner_of(table, "CARRIER", code)
    found = CARRIERS.get(owner) if owner else None
    if found is None:
        raise not_found("carrier")
    return found


def carriers(paging: Paging) -> Page[Carrier]:
    """All carriers by code."""
    return CARRIERS.page("CARRIERS", paging, newest_first=False)


def save_carrier(carrier: StoredCarrier, new: bool = False) -> StoredCarrier:
    """Write a carrier; a code is one carrier's (409 code_taken)."""
    coded.forget()
    with table.transaction() as tx:
        if not new:
            return tx.save(CARRIERS, carrier, Path("parcels") == carrier.parcels)
        made = tx.create(CARRIERS, carrier)
        taken = conflict("code_taken", f"Another carrier is {carrier.code}")
        tx.claim("CARRIER", carrier.code, carrier_key(carrier.id), taken)
    return made


def give_parcel(tx: Transaction, carrier_id: str) -> None:
    """Count a parcel to a carrier, which must be active."""
    inactive = invalid("carrier_inactive", "This carrier is not active", "/carrier_id")
    tx.upsert(
        carrier_key(carrier_id),
        Path("parcels").set(Path("parcels") + 1),
        condition=Path("is_active") == True,  # noqa: E712
        otherwise=inactive,
    )


def delete_carrier(carrier: StoredCarrier) -> None:
    """Remove a carrier that never had a parcel (else 409 in_use)."""
    coded.forget()
    with table.transaction() as tx:
        used = conflict("in_use", "This carrier has carried parcels: make it inactive instead")
        tx.delete(carrier_key(carrier.id), Path("parcels") == 0, used)
        tx.unclaim("CARRIER", carrier.code, carrier_key(carrier.id))
