"""Products into a running shop one by one, through its public API; doing it again changes nothing."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from catalog.model.formats import FORMATS
from catalog.model.rows import Fault
from catalog.model.wanted import WantedProduct, WantedVariant
from tools.client import Client, Json, Refused, found, until

WORKERS = 4


@dataclass
class Brought:
    """What was done: products by what happened to them, and units by whether their stock was opened."""

    made: int = 0
    changed: int = 0
    unchanged: int = 0
    opened: int = 0
    units: dict[str, tuple[str, str | None]] = field(default_factory=dict)  # sku -> (product id, variant id)
    unusable: list[str] = field(default_factory=list)


def read(file: Path, currency: str) -> tuple[list[WantedProduct], list[Fault]]:
    """The products of a Shopify file, and why rows of it were left out. Unreadable: it is another kind of file."""
    content, kind = file.read_bytes(), FORMATS["shopify_csv"]
    header = kind.header(content)
    products: list[WantedProduct] = []
    faults: list[Fault] = []
    for piece in kind.pieces([content[header.start :]], header, header.start, header.number):
        draft = kind.draft(piece, header.columns, currency)
        wanted = draft.wanted() if piece.filled else None
        products += [wanted] if wanted else []
        faults += draft.faults
    return products, faults


def bring(admin: Client, products: Iterable[WantedProduct], told: Callable[[], None] = lambda: None) -> Brought:
    """Make or change each product and open the stock of units that never had any; `told` is called after each."""
    brought = Brought()

    def one(product: WantedProduct) -> tuple[str, Json, int] | str:
        try:
            outcome, made = _make_or_change(admin, product)
            stocked: Sequence[WantedProduct | WantedVariant] = product.variants or [product]
            return outcome, made, sum(open_stock(admin, unit.sku, unit.opening_stock) for unit in stocked)
        except Refused as refused:
            return f"{product.product_id}: {refused}"

    with ThreadPoolExecutor(WORKERS) as pool:
        for result in pool.map(one, products):
            if isinstance(result, str):
                brought.unusable.append(result)
            else:
                outcome, made, opened = result
                setattr(brought, outcome, getattr(brought, outcome) + 1)
                brought.units |= units(made)
                brought.opened += opened
            told()
    return brought


def units(made: Json) -> dict[str, tuple[str, str | None]]:
    """What can be sold of a product: SKU to product and variant."""
    variants = {variant["sku"]: (made["product_id"], variant["variant_id"]) for variant in made["variants"]}
    return variants or {made["sku"]: (made["product_id"], None)}


def _make_or_change(admin: Client, product: WantedProduct) -> tuple[str, Json]:
    """Bring the shop's product up to the file's: made, changed or unchanged, and the product as it is then."""
    path, wanted = f"/v1/products/{product.product_id}", product.beginning().model_dump(mode="json")
    there = found(lambda: admin.get(path))
    made = there is None
    if there is None:
        there = admin.post("/v1/products", wanted, key=f"import:{_digest(wanted)}")
    fields = ("name", "description", "price", "compare_at_price")
    different = {name: wanted[name] for name in fields if wanted[name] != there[name]}
    if different:
        there = admin.patch(path, different, there["version"])
    known = {variant["sku"]: variant for variant in there["variants"]}
    changes = len(different)
    for variant in (variant.plain().model_dump(mode="json") for variant in product.variants):
        if variant["sku"] not in known:
            admin.post(f"{path}/variants", variant, key=f"import:{variant['sku']}")
        elif known[variant["sku"]]["effective_price"] != variant["price"]:
            changed = f"{path}/variants/{known[variant['sku']]['variant_id']}"
            admin.patch(changed, {"price": variant["price"]}, admin.get(path)["version"])
        else:
            continue
        changes += 1
    outcome = "made" if made else "changed" if changes else "unchanged"
    return outcome, admin.get(path) if changes > len(different) else there


def open_stock(admin: Client, sku: str, quantity: int) -> bool:
    """Restock a unit that has no ledger row yet, so that what was sold stays sold."""
    item = until(lambda: next(iter(admin.get("/v1/inventory-items", sku=sku)["data"]), None))
    if quantity <= 0 or item["quantity"]:
        return False
    path = f"/v1/inventory-items/{item['inventory_id']}"
    if admin.get(f"{path}/transactions", limit=1)["data"]:
        return False
    admin.post(
        f"{path}/restocks", {"quantity": quantity, "reason": "opening stock"}, key=f"open:{item['inventory_id']}"
    )
    return True


def top_up(admin: Client, products: Iterable[WantedProduct]) -> None:
    """See to it that there is the opening stock of everything, whatever was sold before."""
    for product in products:
        stocked: Sequence[WantedProduct | WantedVariant] = product.variants or [product]
        for unit in stocked:
            (item,) = admin.get("/v1/inventory-items", sku=unit.sku)["data"]
            if item["quantity"] < unit.opening_stock:
                more = {"quantity": unit.opening_stock - item["quantity"], "reason": "for the demonstration"}
                admin.post(f"/v1/inventory-items/{item['inventory_id']}/restocks", more)


def _digest(body: Json) -> str:
    return hashlib.sha256(repr(sorted(body.items())).encode()).hexdigest()
