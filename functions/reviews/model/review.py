"""A review, from its writing to its judgement, and the votes on it."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field, computed_field

from reviews.model.people import UserDetails
from reviews.model.rating import RatingAggregate
from reviews.model.words import Picture
from shop.errors import invalid
from shop.pages import Page
from shop.records import Part, Record

# From which status a moderator moves a review to which. Back to pending it goes when its author edits it.
MOVES = {"pending": {"approved", "rejected"}, "approved": {"rejected"}, "rejected": {"approved"}}


class Review(Record):
    """REV-01. What one customer thinks of one product. Once their account is deleted it has no author any more."""

    review_id: str
    product_id: str
    user_id: str | None = None
    order_id: str | None = None
    rating: int
    title: str | None = None
    comment: str | None = None
    images: list[Picture] = []
    is_verified_purchase: bool = False
    status: str = "pending"
    moderation_notes: str | None = None
    helpful_count: int = 0
    not_helpful_count: int = 0
    user_details: UserDetails = Field(default_factory=UserDetails)
    approved_at: str | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def is_approved(self) -> bool:
        """Whether the public sees it."""
        return self.status == "approved"


class KeptReview(Review):
    """A review as it is kept."""

    author_version: int = 0  # of whom `user_details` is a copy
    edition: int = 1  # how often its author has written it

    @property
    def stars(self) -> int | None:
        """What it adds to the product's rating."""
        return self.rating if self.is_approved else None

    def edited(self, fields: dict[str, object]) -> "KeptReview":
        """In other words, to be moderated again."""
        fresh = {"status": "pending", "approved_at": None, "moderation_notes": None, "edition": self.edition + 1}
        return self.but(**fields, **fresh)

    def judged(self, status: str, notes: str | None, now: str) -> "KeptReview":
        """With a moderator's judgement (422 invalid_transition when that is no move)."""
        if status not in MOVES[self.status]:
            raise invalid("invalid_transition", f"A review that is {self.status} cannot become {status}", "/status")
        approved_at = now if status == "approved" else None
        return self.but(status=status, moderation_notes=notes, approved_at=approved_at)

    def voted(self, before: str | None, after: str | None) -> "KeptReview":
        """With one vote more, less or other."""
        counts = {"helpful": self.helpful_count, "not_helpful": self.not_helpful_count}
        for value, step in ((before, -1), (after, 1)):
            if value is not None:
                counts[value] += step
        return self.but(helpful_count=counts["helpful"], not_helpful_count=counts["not_helpful"])

    def for_public(self) -> "KeptReview":
        """Without what is between the author and the shop."""
        return self.model_copy(update={"order_id": None, "moderation_notes": None})

    def orphaned(self) -> "KeptReview":
        """What stays of it when its author is deleted: stars and words, without a trace of whose they were."""
        return self.but(user_id=None, order_id=None, user_details=UserDetails(), images=[], moderation_notes=None)


class Entry(Record):
    """A review as one of its indexes finds it."""

    review_id: str
    product_id: str
    rating: int
    helpful_count: int
    status: str
    written_at: str


class Vote(Record):
    """REV-02. What one user said of one review."""

    review_id: str
    user_id: str
    value: str


class CountedVote(Part):
    """A vote, and what all of them come to."""

    review_id: str
    user_id: str
    value: str
    helpful_count: int
    not_helpful_count: int


@dataclass(frozen=True, kw_only=True)
class ReviewPage(Page[Review]):
    """Reviews, and the rating of their product."""

    data: Sequence[Review]
    aggregate: RatingAggregate
