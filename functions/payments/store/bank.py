"""The books of the mock provider's bank: one item a charge, with the refunds made from it."""

from pynamodb.expressions.operand import Path

from payments.model.paper import MockCharge
from payments.store import BANK, bank_key, table
from shop.errors import Refusal
from shop.table import AlreadyMade


class Refused(Refusal):
    """The bank does not do this to the charge as it stands."""

    def __init__(self) -> None:
        super().__init__(409, "conflict", "The bank refused")


def find(provider_payment_id: str) -> MockCharge | None:
    """A charge, if the bank has it."""
    return BANK.get(bank_key(provider_payment_id))


def enter(charge: MockCharge) -> MockCharge | None:
    """Enter a charge into the books; what stood there already, if anything did."""
    try:
        with table.transaction() as tx:
            tx.create(BANK, charge)
    except AlreadyMade:
        return find(charge.provider_payment_id)
    return None


def move(provider_payment_id: str, status: str, *was: str) -> None:
    """Give a charge that stands at one of these another status; otherwise leave it."""
    known = Path("status").is_in(*was) & Path("amount").exists()
    try:
        with table.transaction() as tx:
            tx.update(bank_key(provider_payment_id), Path("status").set(status), condition=known, otherwise=Refused())
    except Refused:
        pass


def capture(provider_payment_id: str, amount: int) -> None:
    """Take a held charge, once; Refused when it cannot be, or was taken otherwise."""
    held = (Path("status") == "succeeded") & Path("captured").does_not_exist()
    try:
        with table.transaction() as tx:
            tx.update(bank_key(provider_payment_id), Path("captured").set(amount), condition=held, otherwise=Refused())
    except Refused:
        charge = find(provider_payment_id)
        if charge is None or charge.status != "succeeded" or charge.captured != amount:
            raise


def let_go(provider_payment_id: str) -> None:
    """Give up a held charge of which nothing was taken; otherwise leave it."""
    held = Path("held").is_in(True) & Path("captured").does_not_exist()
    try:
        with table.transaction() as tx:
            tx.update(
                bank_key(provider_payment_id),
                Path("status").set("cancelled"),
                condition=(Path("status") == "succeeded") & held,
                otherwise=Refused(),
            )
    except Refused:
        pass


def give_back(provider_payment_id: str, key: str, amount: int) -> None:
    """Give back part of a charge, once for each key; Refused when it does not have that much left."""
    charge = find(provider_payment_id)
    if charge is None or charge.status != "succeeded" or not (taken := charge.taken):
        raise Refused
    if charge.refunds.get(key) == amount:
        return
    enough = (Path("refunded") <= taken - amount) & Path(["refunds", key]).does_not_exist()
    try:
        with table.transaction() as tx:
            tx.update(
                bank_key(provider_payment_id),
                Path("refunded").set(Path("refunded") + amount),
                Path(["refunds", key]).set(amount),
                condition=enough,
                otherwise=Refused(),
            )
    except Refused:
        again = find(provider_payment_id)
        if again is None or again.refunds.get(key) != amount:
            raise
