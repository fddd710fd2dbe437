"""Questions in the table."""

from pynamodb.expressions.operand import Path

from reviews.model.people import Author, Authorship
from reviews.model.question import Question, QuestionEntry, QuestionVote
from reviews.store import NUMBER, asked_key, question_key, table
from reviews.store.people import AUTHORSHIPS, while_author_is
from shop.errors import not_found
from shop.events import Event
from shop.pages import Page, Paging
from shop.races import LostRace
from shop.table import ABSENT, GSI2, Key, Row, Transaction, sharded, shards


def vote_key(question_id: str, user_id: str) -> Key:
    """Where a user's vote on a question is."""
    return Key(question_key(question_id).pk, f"VOTE#{user_id}")


def _row(q: Question) -> Row:
    at = f"{q.created_at}#{q.id}"
    public = (f"QAUP#{q.product_id}", f"{q.upvotes:{NUMBER}}#{at}") if q.is_approved else None
    return Row(question_key(q.id), gsi1=public, gsi2=(f"USER#{q.user_id}", f"QA#{at}") if q.user_id else None)


def _queue(e: QuestionEntry) -> Row:
    queue = (sharded(f"QAST#{e.status}", e.id), f"{e.asked_at}#{e.id}")
    return Row(Key(question_key(e.id).pk, "ENTRY#QUEUE"), gsi2=queue)


QUESTIONS = table.kind("question", Question, _row)
QUEUE = table.kind("question_in_queue", QuestionEntry, _queue)
VOTES = table.kind(
    "question_vote",
    QuestionVote,
    lambda v: Row(vote_key(v.question_id, v.user_id), gsi2=(f"USER#{v.user_id}", f"QVOTE#{v.question_id}")),
)


def find(question_id: str) -> Question | None:
    """A question, if it is there (AP60)."""
    return QUESTIONS.get(question_key(question_id))


def question(question_id: str) -> Question:
    """A question, or 404."""
    found = find(question_id)
    if found is None:
        raise not_found("question")
    return found


def vote(question_id: str, user_id: str) -> QuestionVote | None:
    """Whether a user wants to know it too."""
    return VOTES.get(vote_key(question_id, user_id))


def of_product(product_id: str, paging: Paging) -> Page[Question]:
    """The approved questions about a product, most wanted first (AP60)."""
    return QUESTIONS.page(f"QAUP#{product_id}", paging)


def of_user(user_id: str, paging: Paging) -> Page[Question]:
    """A user's questions, newest first (AP60)."""
    return QUESTIONS.page(f"USER#{user_id}", paging, index=GSI2, prefix="QA#")


def with_status(status: str, paging: Paging) -> Page[Question]:
    """The questions with a status, oldest first (AP60)."""
    entries = QUEUE.page(shards(f"QAST#{status}"), paging, index=GSI2, newest_first=False)
    ids = [entry.id for entry in entries.data]
    found = {q.id: q for q in QUESTIONS.many([question_key(i) for i in ids], consistent=False)}
    data = [found[question_id] for question_id in ids if question_id in found]
    return entries.showing(data)


def create(question: Question, author: Author | None, news: Event) -> Question:
    """Write a new question."""
    assert question.user_id
    mine = Authorship(user_id=question.user_id, product_id=question.product_id, question_id=question.id)
    with table.transaction() as tx:
        while_author_is(tx, author, question.user_id)
        tx.create(QUESTIONS, question)
        tx.put(AUTHORSHIPS, mine)
        _put_entry(tx, None, question)
        tx.say(news, version=question.version)
    return question


def save(before: Question, after: Question, *news: Event) -> Question:
    """Write a changed question, if it is still what was read; an authorship that ended goes."""
    with table.transaction() as tx:
        saved = _save(tx, before, after)
        if before.user_id and not after.user_id:
            tx.delete(asked_key(before.user_id, before.id))
        for event in news:
            tx.say(event, version=saved.version)
    return saved


def remove(question: Question) -> None:
    """Remove a question, if it is still what was read, and then the votes on it, which can no longer change."""
    with table.transaction() as tx:
        tx.delete(question_key(question.id), Path("version") == question.version, LostRace())
        tx.delete(QUEUE.row(_entry(question)).key)
        if question.user_id:
            tx.delete(asked_key(question.user_id, question.id))
    for votes in VOTES.batches(question_key(question.id).pk, prefix="VOTE#"):
        table.delete_all(vote_key(v.question_id, v.user_id) for v in votes)


def add_vote(question: Question, vote: QuestionVote) -> None:
    """Write a vote and count it, if there is none and the question is still what was read."""
    with table.transaction() as tx:
        _save(tx, question, question.but(upvotes=question.upvotes + 1))
        tx.put(VOTES, vote, ABSENT, LostRace())


def take_vote(question: Question | None, vote: QuestionVote) -> None:
    """Take a vote back and count it out; of a question that is gone only the vote is left to remove."""
    with table.transaction() as tx:
        if question is not None:
            _save(tx, question, question.but(upvotes=question.upvotes - 1))
        tx.delete(vote_key(vote.question_id, vote.user_id), Path("version") == vote.version, LostRace())


def votes_of(user_id: str) -> list[QuestionVote]:
    """Every vote of a user."""
    return VOTES.query(f"USER#{user_id}", index=GSI2, prefix="QVOTE#")


def _save(tx: Transaction, before: Question, after: Question) -> Question:
    saved = tx.save(QUESTIONS, after, otherwise=LostRace())
    _put_entry(tx, before, after)
    return saved


def _entry(q: Question) -> QuestionEntry:
    return QuestionEntry(id=q.id, status=q.status, asked_at=q.created_at)


def _put_entry(tx: Transaction, before: Question | None, after: Question) -> None:
    if before is None or before.status != after.status:
        tx.put(QUEUE, _entry(after))
