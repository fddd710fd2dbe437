"""Votes on reviews; each is written with the counts of its review (store/reviews.py)."""

from reviews.model.review import Vote
from reviews.store import review_key, table
from shop.table import GSI2, Key, Row


def vote_key(review_id: str, user_id: str) -> Key:
    """Where a user's vote on a review is."""
    return Key(review_key(review_id).pk, f"VOTE#{user_id}")


VOTES = table.kind(
    "review_vote",
    Vote,
    lambda v: Row(vote_key(v.review_id, v.user_id), gsi2=(f"USER#{v.user_id}", f"VOTE#{v.review_id}")),
)


def find(review_id: str, user_id: str) -> Vote | None:
    """What a user said of a review."""
    return VOTES.get(vote_key(review_id, user_id))


def of_user(user_id: str) -> list[Vote]:
    """Every vote of a user."""
    return VOTES.query(f"USER#{user_id}", index=GSI2, prefix="VOTE#")


def remove(vote: Vote) -> None:
    """Remove a vote whose review is gone."""
    with table.transaction() as tx:
        tx.delete(vote_key(vote.review_id, vote.user_id))


def remove_all(review_id: str) -> None:
    """Remove the votes on a review that is gone."""
    for votes in VOTES.batches(review_key(review_id).pk, prefix="VOTE#"):
        table.delete_all(vote_key(v.review_id, v.user_id) for v in votes)
