"""The documents in the table: the source of truth, of which the index is only a copy."""

from collections.abc import Iterable

from search.model.document import SearchDocument
from search.store import DOCUMENTS, document_key, table
from shop.keys import ABSENT
from shop.races import LostRace


def find(product_id: str) -> SearchDocument | None:
    """What is known of a product."""
    return DOCUMENTS.get(document_key(product_id))


def many(product_ids: Iterable[str], *, consistent: bool = True) -> dict[str, SearchDocument]:
    """What is known of these products. One BatchGetItem per hundred."""
    found = DOCUMENTS.many([document_key(product_id) for product_id in product_ids], consistent=consistent)
    return {document.product_id: document for document in found}


def write(before: SearchDocument | None, after: SearchDocument) -> None:
    """Keep what is known now, unless somebody else has learned something since `before` was read."""
    with table.transaction() as tx:
        if before is None:
            tx.put(DOCUMENTS, after, ABSENT, LostRace())
        else:
            tx.save(DOCUMENTS, after, otherwise=LostRace())
