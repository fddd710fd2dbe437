"""What reviews tells: opinions given and judged, what a product is rated by now, questions and their answers."""

from decimal import Decimal
from typing import Annotated

from pydantic import PlainSerializer

from shop.events import Event

Average = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]


class ReviewCreated(Event):
    """E87. Written, and waiting to be moderated."""

    type, about = "review.created", "review"
    review_id: str
    product_id: str
    user_id: str
    rating: int


class ReviewApproved(Event):
    """E88. The public sees it from now on. The author of one that outlived their account is null."""

    type, about = "review.approved", "review"
    review_id: str
    product_id: str
    user_id: str | None = None
    rating: int
    moderation_notes: str | None = None


class ReviewRejected(ReviewApproved):
    """E89. The notes are the reason."""

    type = "review.rejected"


class ReviewDeleted(ReviewApproved):
    """E90."""

    type = "review.deleted"


class RatingUpdated(Event):
    """E91. What the approved reviews of a product come to; two decimals, half up, and 0 without any."""

    type, about, key = "rating.updated", "rating", "product_id"
    product_id: str
    average: Average
    count: int


class QuestionCreated(Event):
    """E92."""

    type, about = "question.created", "question"
    question_id: str
    product_id: str
    user_id: str


class QuestionAnswered(Event):
    """E93. Also when the answer is worded anew."""

    type, about = "question.answered", "question"
    question_id: str
    product_id: str
    user_id: str
    question: str
    answer: str
    answered_by: str
