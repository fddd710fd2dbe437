"""Whether a review helped: one vote for each user, theirs to change, and none on one's own."""

from reviews.logic import subjects
from reviews.model.review import CountedVote, KeptReview, Vote
from reviews.store import reviews as store
from reviews.store import votes as stored_votes
from shop.errors import conflict, not_found
from shop.races import until_won


def cast(review_id: str, user_id: str, value: str) -> CountedVote:
    """Say whether a review helped; saying it again changes nothing."""

    def attempt() -> CountedVote:
        review, before = _votable(review_id, user_id), stored_votes.find(review_id, user_id)
        vote = before.but(value=value, version=before.version + 1) if before else None
        vote = vote or Vote(review_id=review_id, user_id=user_id, value=value)
        was = before.value if before else None
        if was != value:
            review = store.save_vote(review, review.voted(was, value), before, vote)
        return CountedVote(
            review_id=review_id,
            user_id=user_id,
            value=value,
            helpful_count=review.helpful_count,
            not_helpful_count=review.not_helpful_count,
        )

    return until_won(attempt)


def take_back(review_id: str, user_id: str) -> None:
    """Take one's vote back; there need be none."""

    def attempt() -> None:
        review = _votable(review_id, user_id)
        if vote := stored_votes.find(review_id, user_id):
            store.save_vote(review, review.voted(vote.value, None), vote, None)

    until_won(attempt)


def forget(user_id: str) -> None:
    """Take back every vote of a user, whatever has become of the reviews."""

    def attempt(vote: Vote) -> None:
        review, now = store.find(vote.review_id), stored_votes.find(vote.review_id, user_id)
        if now is None:
            return
        if review is None:
            stored_votes.remove(now)
        else:
            store.save_vote(review, review.voted(now.value, None), now, None)

    for vote in stored_votes.of_user(user_id):
        until_won(lambda vote=vote: attempt(vote))  # type: ignore[misc]


def _votable(review_id: str, user_id: str) -> KeptReview:
    review = store.review(review_id)
    if review.user_id == user_id:
        raise conflict("own_review", "Others say whether your review helped them")
    if not review.is_approved or subjects.is_hidden(review.product_id):
        raise not_found("review")
    return review
