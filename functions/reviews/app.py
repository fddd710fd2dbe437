"""The doors into reviews: what customers say of products, and what they ask about them."""

from reviews.logic import questions, reviews, votes
from reviews.model.question import AnswerQuestion, AskQuestion, ChangeQuestion, Question, QuestionQueue
from reviews.model.requests import CastVote, ChangeReview, Moderate, ReviewList, ReviewQueue, WriteReview
from reviews.model.review import CountedVote, Review, ReviewPage
from reviews.store import questions as stored_questions
from reviews.store import reviews as stored_reviews
from reviews.store import table
from shop.api import CUSTOMER, PUBLIC, SELLER_OR_SUPPORT, SUPPORT, Api, OperationId, Version
from shop.auth import Caller
from shop.pages import Page, Paging, WhosePaging

app = Api("reviews", table)


@app.route("/products/{product_id}/reviews", who=PUBLIC)
def list_reviews(product_id: str, query: ReviewList, caller: Caller) -> ReviewPage:
    return reviews.of_product(product_id, query, caller)


@app.route(
    "/products/{product_id}/reviews", methods=["POST"], who=CUSTOMER, status=201, location="/reviews/{review_id}"
)
def write_review(product_id: str, review_id: OperationId, body: WriteReview, caller: Caller) -> Review:
    return reviews.write(product_id, review_id, body, caller.user_id)


@app.route("/reviews/{review_id}", who=PUBLIC)
def get_review(review_id: str, caller: Caller) -> Review:
    return reviews.get(review_id, caller)


@app.route("/reviews/{review_id}", methods=["PATCH"], who=CUSTOMER, if_match=True)
def change_review(review_id: str, version: Version, body: ChangeReview, caller: Caller) -> Review:
    return reviews.edit(review_id, version, body, caller)


@app.route("/reviews/{review_id}", methods=["DELETE"], who=CUSTOMER, if_match=True)
def delete_review(review_id: str, version: Version, caller: Caller) -> None:
    reviews.remove(review_id, version, caller)


@app.route("/reviews/{review_id}/votes/me", methods=["PUT"], who=CUSTOMER)
def vote_on_review(review_id: str, body: CastVote, caller: Caller) -> CountedVote:
    return votes.cast(review_id, caller.user_id, body.value)


@app.route("/reviews/{review_id}/votes/me", methods=["DELETE"], who=CUSTOMER)
def take_vote_back(review_id: str, caller: Caller) -> None:
    votes.take_back(review_id, caller.user_id)


@app.route("/reviews/{review_id}/moderations", methods=["POST"], who=SUPPORT)
def moderate_review(review_id: str, body: Moderate) -> Review:
    return reviews.moderate(review_id, body)


@app.route("/users/me/reviews", who=CUSTOMER)
def list_own_reviews(caller: Caller, query: WhosePaging) -> Page[Review]:
    return stored_reviews.of_user(caller.whose(query.user_id), query)


@app.route("/users/me/questions", who=CUSTOMER)
def list_own_questions(caller: Caller, query: WhosePaging) -> Page[Question]:
    return stored_questions.of_user(caller.whose(query.user_id), query)


@app.route("/admin/reviews", who=SUPPORT)
def list_reviews_with_status(query: ReviewQueue) -> Page[Review]:
    return stored_reviews.with_status(query.status, query)


@app.route("/admin/questions", who=SUPPORT)
def list_questions_with_status(query: QuestionQueue) -> Page[Question]:
    return stored_questions.with_status(query.status, query)


@app.route("/products/{product_id}/questions", who=PUBLIC)
def list_questions(product_id: str, query: Paging, caller: Caller) -> Page[Question]:
    return questions.of_product(product_id, query, caller)


@app.route("/products/{product_id}/questions", methods=["POST"], who=CUSTOMER, status=201, location="/questions/{id}")
def ask_question(product_id: str, question_id: OperationId, body: AskQuestion, caller: Caller) -> Question:
    return questions.ask(product_id, question_id, body, caller.user_id)


@app.route("/questions/{question_id}", who=PUBLIC)
def get_question(question_id: str, caller: Caller) -> Question:
    return questions.get(question_id, caller)


@app.route("/questions/{question_id}", methods=["PATCH"], who=CUSTOMER, if_match=True)
def change_question(question_id: str, version: Version, body: ChangeQuestion, caller: Caller) -> Question:
    return questions.edit(question_id, version, body, caller)


@app.route("/questions/{question_id}", methods=["DELETE"], who=CUSTOMER, if_match=True)
def delete_question(question_id: str, version: Version, caller: Caller) -> None:
    questions.remove(question_id, version, caller)


@app.route("/questions/{question_id}/answer", methods=["PUT"], who=SELLER_OR_SUPPORT)
def answer_question(question_id: str, body: AnswerQuestion, caller: Caller) -> Question:
    return questions.answer(question_id, body, caller)


@app.route("/questions/{question_id}/votes/me", methods=["PUT"], who=CUSTOMER)
def vote_for_question(question_id: str, caller: Caller) -> None:
    questions.upvote(question_id, caller.user_id)


@app.route("/questions/{question_id}/votes/me", methods=["DELETE"], who=CUSTOMER)
def take_back_vote_for_question(question_id: str, caller: Caller) -> None:
    questions.take_back(question_id, caller.user_id)


events = app.events
