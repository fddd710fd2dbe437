"""The doors into inventory: what is on the shelf, what is promised."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from inventory.logic import (
    editing,
    looking,
    projection,
    reserving,
    settling,
    splitting,
    stock,
    warehouses,
)
from inventory.model.ledger import Adjust, LedgerEntry, Restock, TransactionType
from inventory.model.reservation import Edit, Held, LineStatus, OrderRef, Release, ReservationLine, Reserve, Settled
from inventory.model.stock import Availability, ChangeItem, ChangeSplits, StockItem
from inventory.model.unit import Answered, LookUp
from inventory.model.warehouse import ChangeWarehouse, SeedWarehouse, Warehouse, WarehouseFields
from inventory.store import items, ledger
from inventory.store import reservations as held
from inventory.store import warehouses as places
from inventory.store.keys import table, unit_at
from shop import telemetry
from shop.api import ADMIN, PUBLIC, Api, OperationId, Version
from shop.auth import Caller
from shop.errors import Refusal
from shop.pages import Page, Paging, Query
from shop.records import Xid, folded
from shop.table import Key

app = Api("inventory", table)

# A day, or a moment in UTC to the minute, second or millisecond: the beginning of those it includes.
When = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z)?$"),
    AfterValidator(lambda moment: moment.removesuffix("Z")),
]


class ItemList(Paging):
    """Which stock items: exactly one of these."""

    sku: str | None = Field(default=None, max_length=100)
    low: bool | None = None
    warehouse_id: Xid | None = None


class Ledger(Paging):
    """Which entries of a ledger, between two moments (or days), both included."""

    type: TransactionType | None = None
    since: When | None = Field(default=None, alias="from")
    until: When | None = Field(default=None, alias="to")


class LineList(Paging):
    """Which lines of reservations."""

    status: Annotated[LineStatus, folded] | None = None
    inventory_id: Xid | None = None


class OfVariant(Query):
    """One variant of a product, or all."""

    variant_id: Xid | None = None


@app.route("/inventory/products/{product_id}", who=PUBLIC)
def get_availability(product_id: str, query: OfVariant, caller: Caller) -> Availability:
    return stock.availability(product_id, query.variant_id, caller.is_staff)


@app.route("/inventory-items", who=ADMIN)
def list_items(query: ItemList) -> Page[StockItem]:
    match query:
        case ItemList(sku=str(sku), low=None, warehouse_id=None):
            found = items.with_sku(sku)
            return Page(data=[found] if found else [])
        case ItemList(sku=None, low=True, warehouse_id=None):
            return items.low(query)
        case ItemList(sku=None, low=None, warehouse_id=str(warehouse_id)):
            return items.in_warehouse(warehouse_id, query)
    raise Refusal(400, "invalid_parameter", "Ask for exactly one of sku, low=true and warehouse_id")


@app.route("/inventory-items/{inventory_id}", methods=["PATCH"], who=ADMIN, if_match=True)
def change_item(inventory_id: str, version: Version, body: ChangeItem) -> StockItem:
    return stock.change_item(inventory_id, version, body)


@app.route("/inventory-items/{inventory_id}/splits", methods=["PUT"], who=ADMIN)
def change_splits(inventory_id: str, body: ChangeSplits) -> StockItem:
    return splitting.change_splits(inventory_id, body)


@app.route(
    "/inventory-items/{inventory_id}/restocks",
    methods=["POST"],
    who=ADMIN,
    status=201,
    idempotent=True,
    location="/inventory-items/{inventory_id}/transactions",
)
def restock(inventory_id: str, entry_id: OperationId, body: Restock) -> LedgerEntry:
    return stock.restock(entry_id, inventory_id, body)


@app.route(
    "/inventory-items/{inventory_id}/adjustments",
    methods=["POST"],
    who=ADMIN,
    status=201,
    idempotent=True,
    location="/inventory-items/{inventory_id}/transactions",
)
def adjust(inventory_id: str, entry_id: OperationId, body: Adjust) -> LedgerEntry:
    return stock.adjust(entry_id, inventory_id, body)


@app.route("/inventory-items/{inventory_id}/transactions", who=ADMIN)
def list_transactions(inventory_id: str, query: Ledger) -> Page[LedgerEntry]:
    return ledger.of_unit(items.item(inventory_id), query, query.type, query.since, query.until)


@app.route("/warehouses", who=ADMIN)
def list_warehouses(query: Paging) -> Page[Warehouse]:
    return places.warehouses(query)


@app.route("/warehouses", methods=["POST"], who=ADMIN, status=201, location="/warehouses/{warehouse_id}")
def create_warehouse(body: WarehouseFields, warehouse_id: OperationId) -> Warehouse:
    return warehouses.create(warehouse_id, body)


@app.route("/warehouses/{warehouse_id}", who=ADMIN)
def get_warehouse(warehouse_id: str) -> Warehouse:
    return places.warehouse(warehouse_id)


@app.route("/warehouses/{warehouse_id}", methods=["PATCH"], who=ADMIN, if_match=True)
def change_warehouse(warehouse_id: str, version: Version, body: ChangeWarehouse) -> Warehouse:
    return warehouses.change(warehouse_id, version, body)


@app.route("/warehouses/{warehouse_id}", methods=["DELETE"], who=ADMIN, if_match=True)
def delete_warehouse(warehouse_id: str, version: Version) -> None:
    warehouses.delete(warehouse_id, version)


@app.route("/reservations", who=ADMIN)
def list_reservations(query: LineList) -> Page[ReservationLine]:
    if query.inventory_id is None:
        return held.lines_with(query.status, query)
    item = items.find(query.inventory_id)
    return held.lines_of(item, query.status, query) if item else Page(data=[])


@app.step
def reserve_stock(wanted: Reserve) -> Held:
    return reserving.reserve(wanted)


@app.step
def release_stock(wanted: Release) -> Settled:
    return settling.release(wanted)


@app.step
def commit_stock(order: OrderRef) -> Settled:
    return settling.commit(order.order_id)


@app.step
def edit_stock(wanted: Edit) -> Settled:
    return editing.edit(wanted)


@app.step
def find_reservation(order: OrderRef) -> Held:
    return reserving.find(order.order_id)


@app.step
def look_up_stock(wanted: LookUp) -> Answered:
    return looking.look_up(wanted.lines)


@app.step
def seed_warehouse(wanted: SeedWarehouse) -> Warehouse:
    return warehouses.seed(wanted)


@app.job
def expire_reservations() -> None:
    settling.expire_due()


def project(payload: dict[str, Any]) -> None:
    """Follow the stream of the own table; raising brings the whole batch again, which changes nothing twice."""
    telemetry.correlation_id.set("")
    telemetry.causation_id.set(None)
    telemetry.actor.set({"type": "system", "id": None})
    with telemetry.invocation("inventory.project", batch=len(payload["Records"])):
        keys = [record["dynamodb"]["Keys"] for record in payload["Records"]]
        levels = [Key(key["PK"]["S"], key["SK"]["S"]) for key in keys if key["SK"]["S"].startswith("LEVEL#")]
        projection.project(unit_at(key) for key in levels)


def events(payload: dict[str, Any], context: Any) -> dict[str, Any] | None:
    """The Lambda behind both the service's queue and its table's stream."""
    if payload["Records"][0].get("eventSource") == "aws:dynamodb":
        project(payload)
        return None
    return app.events(payload, context)


steps = app.steps
jobs = app.jobs
