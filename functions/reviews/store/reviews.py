"""Reviews in the table: each written with its entries and, in the same write, the rating of its product."""

from collections.abc import Sequence

from pynamodb.expressions.operand import Path

from reviews.model.people import Author, Authorship, Purchase
from reviews.model.review import Entry, KeptReview, Vote
from reviews.store import NUMBER, purchase_key, ratings, review_key, reviewed_key, table, votes
from reviews.store.people import AUTHORSHIPS, PURCHASES, unless_erased, while_author_is
from shop.errors import conflict, not_found
from shop.events import Event
from shop.pages import Page, Paging
from shop.races import LostRace
from shop.table import ABSENT, GSI2, Key, Row, Transaction, sharded, shards


def _row(r: KeptReview) -> Row:
    at = f"{r.created_at}#{r.review_id}"
    public = (f"REVNEW#{r.product_id}", at) if r.is_approved else None
    return Row(review_key(r.review_id), gsi1=public, gsi2=(f"USER#{r.user_id}", f"REV#{at}") if r.user_id else None)


def _by_helpfulness(e: Entry) -> Row:
    at = f"{e.written_at}#{e.review_id}"
    public = (f"REVHELP#{e.product_id}", f"{e.helpful_count:{NUMBER}}#{at}") if e.status == "approved" else None
    queue = (sharded(f"RST#{e.status}", e.review_id), at)
    return Row(Key(review_key(e.review_id).pk, "ENTRY#HELPFUL"), gsi1=public, gsi2=queue)


def _by_rating(e: Entry) -> Row:
    entry = f"{e.rating}#{e.written_at}#{e.review_id}"
    public = (f"REVRATE#{e.product_id}", entry) if e.status == "approved" else None
    return Row(Key(review_key(e.review_id).pk, "ENTRY#RATING"), gsi1=public)


REVIEWS = table.kind("review", KeptReview, _row)
HELPFUL = table.kind("review_by_helpfulness", Entry, _by_helpfulness)
RATED = table.kind("review_by_rating", Entry, _by_rating)


def find(review_id: str) -> KeptReview | None:
    """A review, if it is there (AP59)."""
    return REVIEWS.get(review_key(review_id))


def review(review_id: str) -> KeptReview:
    """A review, or 404."""
    found = find(review_id)
    if found is None:
        raise not_found("review")
    return found


def newest(product_id: str, paging: Paging) -> Page[KeptReview]:
    """The approved reviews of a product, newest first (AP58)."""
    return REVIEWS.page(f"REVNEW#{product_id}", paging)


def most_helpful(product_id: str, paging: Paging) -> Page[KeptReview]:
    """The approved reviews of a product, most helpful first (AP58)."""
    return _public(HELPFUL.page(f"REVHELP#{product_id}", paging))


def best_rated(product_id: str, stars: int | None, paging: Paging) -> Page[KeptReview]:
    """The approved reviews of a product, best rated first, or those with so many stars (AP58)."""
    return _public(RATED.page(f"REVRATE#{product_id}", paging, prefix=f"{stars}#" if stars else ""))


def of_user(user_id: str, paging: Paging) -> Page[KeptReview]:
    """A user's reviews, newest first (AP59)."""
    return REVIEWS.page(f"USER#{user_id}", paging, index=GSI2, prefix="REV#")


def with_status(status: str, paging: Paging) -> Page[KeptReview]:
    """The reviews with a status, oldest first (AP59)."""
    return _reviews(HELPFUL.page(shards(f"RST#{status}"), paging, index=GSI2, newest_first=False))


def _public(entries: Page[Entry]) -> Page[KeptReview]:
    """What entries lead to; one that was withdrawn a moment ago is left out."""
    page = _reviews(entries)
    return page.showing([review for review in page.data if review.is_approved])


def _reviews(entries: Page[Entry]) -> Page[KeptReview]:
    ids = [entry.review_id for entry in entries.data]
    found = {r.review_id: r for r in REVIEWS.many([review_key(i) for i in ids], consistent=False)}
    data = [found[review_id] for review_id in ids if review_id in found]
    return entries.showing(data)


def create(review: KeptReview, author: Author | None, purchase: Purchase | None, news: Event) -> KeptReview:
    """Write a new review: the only one of its user and product, under the name and on the purchase that were read."""
    assert review.user_id
    mine = Authorship(user_id=review.user_id, product_id=review.product_id, review_id=review.review_id)
    with table.transaction() as tx:
        while_author_is(tx, author, review.user_id)
        if purchase is None:
            tx.check(purchase_key(review.user_id, review.product_id), ABSENT, LostRace())
        tx.create(REVIEWS, review)
        tx.put(AUTHORSHIPS, mine, ABSENT, conflict("review_exists", "You have reviewed this product"))
        _put_entries(tx, None, review)
        tx.say(news, version=review.version)
    return review


def save(before: KeptReview, after: KeptReview, *news: Event) -> KeptReview:
    """Write a changed review, if it is still what was read; the rating follows, and an authorship that ended goes."""
    with table.transaction() as tx:
        saved = tx.save(REVIEWS, after, otherwise=LostRace())
        _put_entries(tx, before, after)
        ratings.move(tx, before.product_id, before.stars, after.stars)
        if before.user_id and not after.user_id:
            tx.delete(reviewed_key(before.user_id, before.product_id))
        for event in news:
            tx.say(event, version=saved.version)
    return saved


def remove(review: KeptReview, news: Event) -> None:
    """Remove a review, if it is still what was read, and then the votes on it, which can no longer change."""
    with table.transaction() as tx:
        tx.delete(review_key(review.review_id), Path("version") == review.version, LostRace())
        for kind in (HELPFUL, RATED):
            tx.delete(kind.row(_entry(review)).key)
        if review.user_id:
            tx.delete(reviewed_key(review.user_id, review.product_id))
        ratings.move(tx, review.product_id, review.stars, None)
        tx.say(news, version=review.version + 1)
    votes.remove_all(review.review_id)


def save_vote(before: KeptReview, after: KeptReview, was: Vote | None, vote: Vote | None) -> KeptReview:
    """Write or take back a vote with the counts of its review, if both are still what was read."""
    with table.transaction() as tx:
        saved = tx.save(REVIEWS, after, otherwise=LostRace())
        _put_entries(tx, before, after)
        if vote is not None:
            tx.put(votes.VOTES, vote, Path("version") == was.version if was else ABSENT, LostRace())
        elif was is not None:
            tx.delete(votes.vote_key(was.review_id, was.user_id), Path("version") == was.version, LostRace())
    return saved


def save_purchases(user_id: str, purchases: Sequence[tuple[Purchase, KeptReview | None]]) -> None:
    """Note a user's purchases, and on the reviews of them, where there are any, that they are verified."""
    with table.transaction() as tx:
        unless_erased(tx, user_id)
        for purchase, before in purchases:
            tx.put(PURCHASES, purchase, ABSENT, LostRace())
            if before is None:
                tx.check(reviewed_key(user_id, purchase.product_id), ABSENT, LostRace())
            else:
                order_id = before.order_id or purchase.order_id
                tx.save(REVIEWS, before.but(is_verified_purchase=True, order_id=order_id), otherwise=LostRace())


def _entry(r: KeptReview) -> Entry:
    return Entry(
        review_id=r.review_id,
        product_id=r.product_id,
        rating=r.rating,
        helpful_count=r.helpful_count,
        status=r.status,
        written_at=r.created_at,
    )


def _put_entries(tx: Transaction, before: KeptReview | None, after: KeptReview) -> None:
    for kind in (HELPFUL, RATED):
        if before is None or kind.row(_entry(before)) != kind.row(_entry(after)):
            tx.put(kind, _entry(after))
