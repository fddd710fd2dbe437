"""Reviews: written, read, edited, moderated and removed."""

from reviews.logic import subjects
from reviews.model.people import UserDetails
from reviews.model.requests import ChangeReview, Moderate, ReviewList, WriteReview
from reviews.model.review import KeptReview, ReviewPage
from reviews.store import people, ratings
from reviews.store import reviews as store
from shop import clock
from shop.auth import Caller
from shop.errors import not_found, version_mismatch
from shop.events import reviews as said
from shop.races import until_won


def write(product_id: str, review_id: str, body: WriteReview, user_id: str) -> KeptReview:
    """A new review, to be moderated (409 review_exists for a second of the same product)."""
    subjects.offered(product_id)

    def attempt() -> KeptReview:
        author, purchase = subjects.writer(user_id), people.purchase(user_id, product_id)
        review = KeptReview(
            review_id=review_id,
            product_id=product_id,
            user_id=user_id,
            is_verified_purchase=purchase is not None,
            user_details=author.details if author else UserDetails(),
            author_version=author.version if author else 0,
            **dict(body),
        )
        if purchase and not review.order_id:
            review = review.but(order_id=purchase.order_id)
        news = said.ReviewCreated(review_id=review_id, product_id=product_id, user_id=user_id, rating=review.rating)
        return store.create(review, author, purchase, news)

    return until_won(attempt)


def of_product(product_id: str, query: ReviewList, caller: Caller) -> ReviewPage:
    """A product's approved reviews, and its rating."""
    subjects.shown(product_id, caller)
    if query.sort == "helpful":
        page = store.most_helpful(product_id, query)
    elif query.sort == "rating" or query.rating:
        page = store.best_rated(product_id, query.rating, query)
    else:
        page = store.newest(product_id, query)
    data = [review.for_public() for review in page.data]
    return ReviewPage(**vars(page.showing(data)), aggregate=ratings.rating(product_id))


def get(review_id: str, caller: Caller) -> KeptReview:
    """A review as this caller may see it: the author and staff everything, others what is public."""
    review = store.review(review_id)
    if caller.may_see(review.user_id):
        return review
    if not review.is_approved or subjects.is_hidden(review.product_id):
        raise not_found("review")
    return review.for_public()


def edit(review_id: str, version: int, body: ChangeReview, caller: Caller) -> KeptReview:
    """Its author's review in other words, to be moderated again; nothing is written when nothing is different."""

    def attempt() -> KeptReview:
        before = _own(review_id, caller).at(version)
        fields = {name: getattr(body, name) for name in body.model_fields_set}
        if all(getattr(before, name) == value for name, value in fields.items()):
            return before
        return store.save(before, before.edited(fields))

    return until_won(attempt)


def remove(review_id: str, version: int, caller: Caller) -> None:
    """Remove a review: its author's to do, or the admin's."""

    def attempt() -> None:
        review = store.review(review_id) if caller.is_admin else _own(review_id, caller)
        withdraw(review.at(version))

    until_won(attempt)


def withdraw(review: KeptReview) -> None:
    """Remove a review as it was read, and say so."""
    store.remove(review, said.ReviewDeleted(**_facts(review)))


def moderate(review_id: str, body: Moderate) -> KeptReview:
    """Judge a review. Who was judging other words than its author has chosen meanwhile must look again (412)."""
    read = store.review(review_id).edition

    def attempt() -> KeptReview:
        before = store.review(review_id)
        if before.edition != read:
            raise version_mismatch()
        after = before.judged(body.status, body.moderation_notes, clock.now())
        news = said.ReviewApproved if after.is_approved else said.ReviewRejected
        return store.save(before, after, news(**_facts(after), moderation_notes=after.moderation_notes))

    return until_won(attempt)


def _own(review_id: str, caller: Caller) -> KeptReview:
    review = store.review(review_id)
    if review.user_id != caller.user_id:
        raise not_found("review")
    return review


def _facts(r: KeptReview) -> dict[str, object]:
    return {"review_id": r.review_id, "product_id": r.product_id, "user_id": r.user_id, "rating": r.rating}
