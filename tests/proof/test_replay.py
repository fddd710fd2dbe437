"""The sample of invoices lived through again, by the demonstration's own customers: `make demo DATA=` in short."""

from functools import partial

import boto3
import httpx
import pytest

from shop import clock, settings
from tests.kit import REGION, ROOT, perform
from tests.proof.machine import running
from tests.proof.over_http import Doors
from tools import invariants, seed
from tools.client import Client
from tools.demo.after_sale import Warehouse
from tools.demo.replay import Replay
from tools.demo.tally import Tally
from tools.importing import invoices
from tools.importing.bring import bring

pytestmark = pytest.mark.usefixtures("shop")

URL, ADMIN, PASSWORD = "http://shop", "admin@example.com", "correct-horse-battery"
# By invoice: what its goods come to in the shop, what went back, and what became of it.
LIVED = {
    "900101": (3100, 3100, {"refunded": 1}),
    "900102": (2750, 3250, {"cancelled": 1}),  # with the shipping
    "900103": (2400, 0, {"delivered": 1}),
    "C900104": (-2750, 3250, {"cancelled": 1}),  # the same day: it had not left
    "900105": (9300, 2925, {"delivered": 1}),
    "900106": (975, 0, {"delivered": 1}),
    "C900107": (-1625, 1625, {"returned": 1}),
    "C900108": (-3100, 3100, {"returned": 1}),
    "C900109": (0, 0, {"not bought here": 1}),
    "C900110": (0, 0, {"not bought here": 1}),
    "900111": (4800, 5300, {"cancelled": 1}),
    "C900112": (-6100, 6600, {"cancelled": 1, "returned": 1}),
}


def test_invoices_become_orders_and_credit_notes_cancellations_and_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    """B127, B129, B153, B157, B158: every invoice to the penny, and every invariant holds."""
    monkeypatch.setattr(httpx, "Client", partial(httpx.Client, transport=Doors()))
    perform("auth", "seed_admin", email=ADMIN, password=PASSWORD)
    perform("inventory", "seed_warehouse", code="MAIN", name="Main")
    admin, book, tally = (
        Client(URL).sign_in(ADMIN, PASSWORD),
        invoices.read(ROOT / "examples/invoices.csv", "GBP"),
        Tally(),
    )
    seed.open_shipping(admin, "GBP")
    again = Replay(URL, bring(admin, book.products).units, Warehouse(admin), tally, "run")
    with running():
        again.play(book.invoices, lambda: None)
    assert tally.surprises == []
    assert {row.invoice.number: (row.goods, row.refunded, dict(row.became)) for row in again.rows} == LIVED
    assert sorted(tally.listed) == [
        "C900109: 1 x 11001: bought at another price",
        "C900110: 1 x 13005: no earlier order has it",
    ]
    tables = invariants.read(boto3.client("dynamodb", REGION), settings.STAGE)
    assert invariants.violations(tables, clock.after(settings.HOUR)) == []
