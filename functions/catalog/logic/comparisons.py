"""Products that customers put side by side."""

from collections.abc import Collection, Sequence

from catalog.logic import reading
from catalog.model.comparisons import ChangeComparison, Comparison, NewComparison, SideBySide, check_products
from catalog.model.words import unacceptable
from catalog.store import comparisons as store
from shop.auth import Caller


def create(body: NewComparison, comparison_id: str, caller: Caller) -> Comparison:
    """A new comparison of products that are on offer (B92)."""
    _check(body.product_ids, caller)
    comparison = Comparison(
        id=comparison_id, user_id=caller.user_id, name=body.name, product_ids=list(body.product_ids)
    )
    store.create(comparison)
    return comparison


def side_by_side(user_id: str, comparison_id: str, caller: Caller) -> SideBySide:
    """A comparison with its products in their order."""
    comparison = store.get(user_id, comparison_id)
    found = reading.documents(comparison.product_ids, caller)
    products = [found[product_id] for product_id in comparison.product_ids if product_id in found]
    return SideBySide(**dict(comparison), products=products)


def change(comparison_id: str, version: int, body: ChangeComparison, caller: Caller) -> Comparison:
    """A comparison with another name or other products."""
    before = store.get(caller.user_id, comparison_id).at(version)
    if body.product_ids is not None:
        _check(body.product_ids, caller, known=before.product_ids)
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    return store.save(before.but(**changes))


def delete(comparison_id: str, version: int, caller: Caller) -> None:
    """Remove a comparison."""
    store.delete(store.get(caller.user_id, comparison_id).at(version))


def _check(product_ids: Sequence[str], caller: Caller, known: Collection[str] = ()) -> None:
    """Products that are added are on offer; what was compared before may have gone meanwhile."""
    check_products(product_ids)
    new = [product_id for product_id in product_ids if product_id not in known]
    found = reading.documents(new, caller)
    for index, product_id in enumerate(product_ids):
        if product_id in new and product_id not in found:
            raise unacceptable(f"/product_ids/{index}", "unknown_product", "No such product")
