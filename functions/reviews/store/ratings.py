"""The rating of each product, which follows its reviews in the same write."""

from pynamodb.expressions.operand import Path

from reviews.model.rating import RatingAggregate
from reviews.store import rating_key, table
from shop.events import reviews as said
from shop.races import LostRace
from shop.table import ABSENT, Row, Transaction

RATINGS = table.kind("rating", RatingAggregate, lambda r: Row(rating_key(r.product_id)))


def rating(product_id: str) -> RatingAggregate:
    """The rating of a product."""
    return RATINGS.get(rating_key(product_id)) or RatingAggregate(product_id=product_id, version=0)


def move(tx: Transaction, product_id: str, out: int | None, into: int | None) -> None:
    """Let the rating follow in the same write, if it is still what was read; and tell those who show it."""
    if out == into:
        return
    before = rating(product_id)
    after = before.moved(out, into).model_copy(update={"version": before.version + 1, "updated_at": tx.now})
    tx.put(RATINGS, after, Path("version") == before.version if before.version else ABSENT, LostRace())
    tx.say(said.RatingUpdated(product_id=product_id, average=after.average, count=after.count), version=after.version)
