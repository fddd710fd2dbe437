"""What search asks the catalog."""

from collections.abc import Sequence

from shop import steps
from shop.records import Json


def products(product_ids: Sequence[str]) -> list[Json]:
    """These products as the catalog has them now; what it does not know is left out."""
    found: list[Json] = steps.ask("catalog", "read_products", {"product_ids": list(product_ids)})["products"]
    return found


def next_products(after: str | None) -> tuple[list[Json], str | None]:
    """Some products of the whole catalog, and where to go on; None after the last."""
    answer = steps.ask("catalog", "read_products", {"after": after})
    return answer["products"], answer["next"]
