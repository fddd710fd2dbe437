"""A question about a product, and its answer."""

from typing import Annotated, Literal

from reviews.model.words import Inquiry, Prose
from shop.pages import Paging
from shop.records import Body, Record, folded


class AskQuestion(Body):
    """What somebody wants to know of a product."""

    question: Inquiry


class ChangeQuestion(Body):
    """Other words, which are its author's to choose; or an approval, which is staff's to give. One left out stays."""

    question: Inquiry = ""
    is_approved: bool = False


class AnswerQuestion(Body):
    """What the shop or the product's seller says."""

    answer: Prose


class QuestionQueue(Paging):
    """Questions for moderators, longest waiting first."""

    status: Annotated[Literal["pending", "approved"], folded] = "pending"


class Question(Record):
    """REV-04. Something asked about a product. Once the asker's account is deleted it has no author any more."""

    id: str
    product_id: str
    user_id: str | None = None
    question: str
    answer: str | None = None
    answered_by: str | None = None
    answered_at: str | None = None
    upvotes: int = 0
    is_approved: bool = False

    @property
    def status(self) -> str:
        """Under what moderators find it."""
        return "approved" if self.is_approved else "pending"


class QuestionEntry(Record):
    """A question as moderators find it."""

    id: str
    status: str
    asked_at: str


class QuestionVote(Record):
    """REV-05. That one user wants to know it too."""

    question_id: str
    user_id: str
