"""Questions: asked, approved, answered and wanted."""

from reviews.logic import subjects
from reviews.model.question import AnswerQuestion, AskQuestion, ChangeQuestion, Question, QuestionVote
from reviews.store import questions as store
from shop import clock
from shop.auth import Caller
from shop.errors import conflict, forbidden, not_found
from shop.events import reviews as said
from shop.pages import Page, Paging
from shop.races import until_won


def ask(product_id: str, question_id: str, body: AskQuestion, user_id: str) -> Question:
    """A new question, to be approved."""
    subjects.offered(product_id)

    def attempt() -> Question:
        author = subjects.writer(user_id)
        question = Question(id=question_id, product_id=product_id, user_id=user_id, question=body.question)
        news = said.QuestionCreated(question_id=question_id, product_id=product_id, user_id=user_id)
        return store.create(question, author, news)

    return until_won(attempt)


def of_product(product_id: str, paging: Paging, caller: Caller) -> Page[Question]:
    """A product's approved questions, most wanted first."""
    subjects.shown(product_id, caller)
    return store.of_product(product_id, paging)


def get(question_id: str, caller: Caller) -> Question:
    """A question as this caller may see it: its asker, staff and the product's seller always, others once approved."""
    return _seen(store.question(question_id), caller)


def edit(question_id: str, version: int, body: ChangeQuestion, caller: Caller) -> Question:
    """Other words, chosen by its asker until it is answered, to be approved again; or an approval, given by staff."""

    def attempt() -> Question:
        before = _seen(store.question(question_id), caller).at(version)
        fields = {name: getattr(body, name) for name in body.model_fields_set}
        if "question" in fields:
            _may_reword(before, caller)
            fields.setdefault("is_approved", before.is_approved and fields["question"] == before.question)
        if "is_approved" in body.model_fields_set and not caller.is_staff:
            raise forbidden("Staff approve questions")
        after = before.but(**fields)
        return before if after == before else store.save(before, after)

    return until_won(attempt)


def remove(question_id: str, version: int, caller: Caller) -> None:
    """Remove a question: its asker's to do, or the admin's."""

    def attempt() -> None:
        question = store.question(question_id)
        if not caller.is_admin and question.user_id != caller.user_id:
            raise not_found("question")
        store.remove(question.at(version))

    until_won(attempt)


def answer(question_id: str, body: AnswerQuestion, caller: Caller) -> Question:
    """Answer a question, or put the answer better: staff any, a seller those about their own products (else 404)."""

    def attempt() -> Question:
        before = store.question(question_id)
        if not caller.is_staff and not subjects.sells(before.product_id, caller):
            raise not_found("question")
        if before.answer == body.answer:
            return before
        after = before.but(answer=body.answer, answered_by=caller.user_id, answered_at=clock.now())
        return store.save(before, after, *_told(after, body.answer, caller.user_id))

    return until_won(attempt)


def upvote(question_id: str, user_id: str) -> None:
    """Want to know it too; saying so again changes nothing."""

    def attempt() -> None:
        question = _votable(question_id, user_id)
        if store.vote(question_id, user_id) is None:
            store.add_vote(question, QuestionVote(question_id=question_id, user_id=user_id))

    until_won(attempt)


def take_back(question_id: str, user_id: str) -> None:
    """Want to know it no more; there need be no vote."""

    def attempt() -> None:
        question = _votable(question_id, user_id)
        if vote := store.vote(question_id, user_id):
            store.take_vote(question, vote)

    until_won(attempt)


def forget_votes(user_id: str) -> None:
    """Take back every vote of a user, whatever has become of the questions."""

    def attempt(question_id: str) -> None:
        question, vote = store.find(question_id), store.vote(question_id, user_id)
        if vote:
            store.take_vote(question, vote)

    for vote in store.votes_of(user_id):
        until_won(lambda vote=vote: attempt(vote.question_id))  # type: ignore[misc]


def _told(question: Question, answer: str, answered_by: str) -> "list[said.QuestionAnswered]":
    if question.user_id is None:
        return []
    return [
        said.QuestionAnswered(
            question_id=question.id,
            product_id=question.product_id,
            user_id=question.user_id,
            question=question.question,
            answer=answer,
            answered_by=answered_by,
        )
    ]


def _seen(question: Question, caller: Caller) -> Question:
    if caller.may_see(question.user_id) or subjects.sells(question.product_id, caller):
        return question
    if not question.is_approved or subjects.is_hidden(question.product_id):
        raise not_found("question")
    return question


def _may_reword(question: Question, caller: Caller) -> None:
    if question.user_id != caller.user_id:
        raise forbidden("Only who asked may change the words") if caller.is_staff else not_found("question")
    if question.answer is not None:
        raise conflict("already_answered", "An answered question stays as it is")


def _votable(question_id: str, user_id: str) -> Question:
    question = store.question(question_id)
    if question.user_id == user_id:
        raise conflict("own_question", "Others say whether they want to know it too")
    if not question.is_approved or subjects.is_hidden(question.product_id):
        raise not_found("question")
    return question
