"""What customers are told of the reviews they wrote and the questions they asked."""

from notifications.logic.causes import key_of, page_of_product
from notifications.logic.sending import notify
from shop.events.reviews import QuestionAnswered, ReviewApproved, ReviewRejected


def on_review_moderated(event: ReviewApproved | ReviewRejected) -> None:
    """Tell who wrote a review that it is published, or why not; each judgement is a cause of its own."""
    if event.user_id is not None:
        approved = event.type == ReviewApproved.type
        variables = {"approved": approved, "reason": event.moderation_notes, "page": page_of_product(event.product_id)}
        notify("review_approved", f"review_moderated:{key_of(event)}", event, event.user_id, variables)


def on_question_answered(event: QuestionAnswered) -> None:
    """Tell who asked: once, however often the answer is put better."""
    variables = {"question": event.question, "answer": event.answer, "page": page_of_product(event.product_id)}
    notify("question_answered", f"question_answered:{event.question_id}", event, event.user_id, variables)
