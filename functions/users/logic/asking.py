"""What users asks of the catalog: what a product is, and costs, now."""

from collections.abc import Iterable

from shop import steps
from users.model.belongings import Product


def look_up(product_ids: Iterable[str]) -> dict[str, Product]:
    """What the catalog says of these products now, by id."""
    lines = [{"product_id": product_id, "variant_id": None, "quantity": 1} for product_id in product_ids]
    answer = steps.ask("catalog", "look_up_products", {"lines": lines}) if lines else {"lines": []}
    return {line["product_id"]: Product.model_validate(line) for line in answer["lines"]}
