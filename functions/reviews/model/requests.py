"""What customers and moderators ask of reviews."""

from typing import Annotated, Literal

from pydantic import ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from reviews.model.words import Line, Pictures, Prose, Stars
from shop.pages import Paging
from shop.records import Body, Xid, folded

Status = Annotated[Literal["pending", "approved", "rejected"], folded]
Verdict = Annotated[Literal["approved", "rejected"], folded]
Value = Annotated[Literal["helpful", "not_helpful"], folded]


class WriteReview(Body):
    """What a customer thinks of a product. The order is theirs to name; whether they bought it we know ourselves."""

    rating: Stars
    title: Line | None = None
    comment: Prose | None = None
    images: Pictures = []
    order_id: Xid | None = None


class ChangeReview(Body):
    """What an author may change; what is left out stays, null clears what is optional."""

    rating: Stars = 5
    title: Line | None = None
    comment: Prose | None = None
    images: Pictures = []


class Moderate(Body):
    """A moderator's judgement."""

    status: Verdict
    moderation_notes: Prose | None = None


class CastVote(Body):
    """Whether a review helped."""

    value: Value


class ReviewList(Paging):
    """A product's reviews: newest, most helpful or best rated first; or, newest first, those with so many stars."""

    sort: Annotated[Literal["newest", "helpful", "rating"], folded] = "newest"
    rating: Stars | None = None

    @field_validator("rating")
    @classmethod
    def _not_by_helpfulness(cls, rating: int | None, info: ValidationInfo) -> int | None:
        if rating is not None and info.data.get("sort") == "helpful":
            raise PydanticCustomError("not_combined", "Reviews with so many stars are listed newest first")
        return rating


class ReviewQueue(Paging):
    """Reviews for moderators, longest waiting first."""

    status: Status = "pending"
