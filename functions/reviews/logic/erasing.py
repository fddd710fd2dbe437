"""Forgetting a customer whose account is deleted."""

from reviews.logic import questions, reviews, votes
from reviews.model.people import Author, Authorship
from reviews.store import people
from reviews.store import questions as stored_questions
from reviews.store import reviews as stored_reviews
from shop.events.auth import UserDeleted
from shop.races import until_won


def on_user_deleted(event: UserDeleted) -> None:
    """Erase who they were (B75): what the public has read stays without an author, everything else goes.

    The mark comes first: whatever is written for a user checks it in the same write. Every part may be repeated, so the
    inbox has no part in it.
    """
    user_id = event.user_id

    def close() -> None:
        before = people.author(user_id)
        if before is None or before.erased_at is None:
            people.save_author((before or Author(user_id=user_id)).erased(), before is None)

    until_won(close)
    for mine in people.authorships(user_id):
        until_won(lambda mine=mine: _disown(mine))  # type: ignore[misc]
    votes.forget(user_id)
    questions.forget_votes(user_id)
    people.remove_purchases(user_id)


def _disown(mine: Authorship) -> None:
    if mine.review_id and (review := stored_reviews.find(mine.review_id)):
        if review.is_approved:
            stored_reviews.save(review, review.orphaned())
        else:
            reviews.withdraw(review)
    if mine.question_id and (question := stored_questions.find(mine.question_id)):
        if question.is_approved:
            stored_questions.save(question, question.but(user_id=None))
        else:
            stored_questions.remove(question)
