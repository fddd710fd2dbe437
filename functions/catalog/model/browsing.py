"""Products as other services read them: some by name, or all of them piece by piece."""

from catalog.model.document import ProductDocument
from shop.records import Part


class WhichProducts(Part):
    """These products; or, without names, the next of all after a place an earlier answer gave."""

    product_ids: list[str] | None = None
    after: str | None = None


class ReadProducts(Part):
    """Their documents, and where to go on; null after the last."""

    products: list[ProductDocument]
    next: str | None = None
