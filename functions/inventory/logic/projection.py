"""Keeping the totals of each unit in step with its levels, and telling what that means."""

from collections.abc import Iterable
from functools import partial

from inventory.logic import splitting
from inventory.model.stock import StockItem
from inventory.model.unit import Unit
from inventory.store import items
from inventory.store import levels as stored
from shop.events import Event
from shop.events import inventory as said
from shop.races import until_won
from shop.telemetry import logger


def project(units: Iterable[Unit]) -> None:
    """Bring the totals of these units up to date. A unit that fails does not hold up the others, but is raised."""
    asked = set(units)
    variants: dict[str, set[str | None]] = {}
    for unit in asked - _together(asked):
        variants.setdefault(unit.product_id, set()).add(unit.variant_id)
    failures = []
    for product_id, names in variants.items():
        try:
            until_won(partial(_project, product_id, names))
        except Exception as failure:
            failures.append(failure)
    if failures:
        raise failures[0]


def _together(units: set[Unit]) -> set[Unit]:
    """Bring units of several products up to date at once; which were: none where something is in the way."""
    if len({unit.product_id for unit in units}) < 2:
        return set()
    try:
        return _project_all(units)
    except Exception as error:
        logger.info("projected one by one", extra={"units": len(units), "reason": repr(error)})
        return set()


def _project_all(units: set[Unit]) -> set[Unit]:
    # The items are read before the levels: totals are never older than the version they are written over.
    found = [item for item in items.of(units).values() if item.places is not None]
    levels = stored.of(found)
    pairs = [(before, before.with_totals_of(levels)) for before in found]
    items.save_all((after, _news(before, after)) for before, after in pairs if after != before)
    for item in found:
        splitting.tidy(item, levels)
    return {item.unit for item in found}


def _project(product_id: str, variants: set[str | None]) -> None:
    found, levels = items.product(product_id)  # in this order, as above
    for before in found:
        if before.variant_id in variants:
            after = before.with_totals_of(levels)
            if after != before:
                items.save(after, _news(before, after))
            splitting.tidy(before, levels)


def _news(before: StockItem, after: StockItem) -> list[Event]:
    if after.retired_at:
        return []
    updated = said.StockUpdated(
        inventory_id=after.inventory_id,
        product_id=after.product_id,
        variant_id=after.variant_id,
        quantity=after.quantity,
        reserved=after.reserved_quantity,
        available=after.available_quantity,
        stock_status=after.status(),
        status_changed=after.status() != before.status(),
    )
    return [updated, *crossings(before, after)]


def crossings(before: StockItem, after: StockItem) -> list[Event]:
    """What a change means: running low, out, or there again. Each is told once, when its line is crossed."""
    of = {"inventory_id": after.inventory_id, "product_id": after.product_id, "variant_id": after.variant_id}
    had, has = before.available_quantity > 0, after.available_quantity > 0
    told: list[Event] = []
    if after.is_low and not before.is_low:
        told.append(
            said.StockLow(
                **of,
                sku=after.sku,
                available=after.available_quantity,
                reorder_level=after.reorder_level,
                reorder_quantity=after.reorder_quantity,
            )
        )
    if had and not has:
        told.append(said.StockDepleted(**of))
    if has and not had:
        told.append(said.StockReplenished(**of, available=after.available_quantity))
    return told
