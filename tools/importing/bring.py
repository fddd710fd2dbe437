"""Products of a file into a running shop, through its public API; doing it again changes nothing."""

import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from slugify import slugify

from tools.client import Client, Json, Refused, found, until
from tools.importing.shopify import Product, Unusable, Variant

# What one POST /products takes; the rest follows one by one.
VARIANTS, IMAGES, TAGS = 20, 20, 10
WORKERS = 4


@dataclass
class Brought:
    """What an import did: products by what happened to them, and units by whether their stock was opened."""

    made: int = 0
    changed: int = 0
    unchanged: int = 0
    opened: int = 0
    units: dict[str, tuple[str, str | None]] = field(default_factory=dict)  # sku -> (product id, variant id)
    unusable: list[Unusable] = field(default_factory=list)


def bring(admin: Client, products: Iterable[Product], told: Callable[[], None] = lambda: None) -> Brought:
    """Make or change each product and open the stock of units that never had any; `told` is called after each."""
    brought = Brought()

    def one(product: Product) -> tuple[str, Json, int] | Unusable:
        try:
            outcome, made = _make_or_change(admin, product)
            return outcome, made, sum(open_stock(admin, variant.sku, variant.stock) for variant in product.variants)
        except Refused as refused:
            return Unusable(0, f"{product.handle}: {refused}")

    with ThreadPoolExecutor(WORKERS) as pool:
        for result in pool.map(one, products):
            if isinstance(result, Unusable):
                brought.unusable.append(result)
            else:
                outcome, made, opened = result
                setattr(brought, outcome, getattr(brought, outcome) + 1)
                brought.units |= units(made)
                brought.opened += opened
            told()
    return brought


def product_id(handle: str) -> str:
    """The id a handle has in the shop: itself where it fits, else cut and made unique."""
    slug = slugify(handle)
    return slug if 0 < len(slug) <= 50 else f"{slug[:41]}-{hashlib.sha256(handle.encode()).hexdigest()[:8]}".lstrip("-")


def document(product: Product) -> Json:
    """The body of POST /products."""
    first, *others = product.variants
    body: Json = {
        "product_id": product_id(product.handle),
        "sku": first.sku if not (others or first.options) else slugify(product.handle)[:100] + "-all",
        "name": product.title,
        "description": product.description[:10_000] or None,
        "price": first.price.model_dump(),
        "compare_at_price": first.compare_at.model_dump() if first.compare_at else None,
        "status": "active" if product.published else "draft",
        "weight_grams": first.grams,
        "tags": product.tags[:TAGS],
        "images": [
            {"url": url, "alt_text": alt[:255] or None, "sort_order": position, "is_primary": n == 0}
            for n, (url, alt, position) in enumerate(product.images[:IMAGES])
        ],
        "variants": [variant_document(variant) for variant in product.variants[:VARIANTS]]
        if others or first.options
        else [],
    }
    if product.vendor:
        body["brand"] = {"name": product.vendor[:100]}
    return body


def variant_document(variant: Variant) -> Json:
    """The body of POST /products/{id}/variants."""
    options = {name.lower(): value for name, value in variant.options.items()}
    return {
        "sku": variant.sku,
        "name": " / ".join(variant.options.values())[:255] or None,
        "size": options.get("size", "")[:20] or None,
        "color": (options.get("color") or options.get("colour") or "")[:50] or None,
        "attributes": dict(variant.options),
        "price": variant.price.model_dump(),
        "image_url": variant.image,
    }


def units(made: Json) -> dict[str, tuple[str, str | None]]:
    """What can be sold of a product: SKU to product and variant."""
    variants = {variant["sku"]: (made["product_id"], variant["variant_id"]) for variant in made["variants"]}
    return variants or {made["sku"]: (made["product_id"], None)}


def _make_or_change(admin: Client, product: Product) -> tuple[str, Json]:
    """Bring the shop's product up to the file's: made, changed or unchanged, and the product as it is then."""
    path, wanted = f"/v1/products/{product_id(product.handle)}", document(product)
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
    for variant in map(variant_document, product.variants if wanted["variants"] else []):
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
    item = until(lambda: next(iter(admin.get("/v1/inventory-items", sku=sku)["data"]), None), seconds=60)
    if quantity <= 0 or item["quantity"]:
        return False
    path = f"/v1/inventory-items/{item['inventory_id']}"
    if admin.get(f"{path}/transactions", limit=1)["data"]:
        return False
    admin.post(
        f"{path}/restocks", {"quantity": quantity, "reason": "opening stock"}, key=f"open:{item['inventory_id']}"
    )
    return True


def _digest(body: Json) -> str:
    return hashlib.sha256(repr(sorted(body.items())).encode()).hexdigest()
