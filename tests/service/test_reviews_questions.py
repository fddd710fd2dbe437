"""What customers ask about products, and what they are answered (R242, R244, R246-R253; B174; E92, E93; AP60)."""

import pytest
import time_machine

from reviews.store import questions as stored
from shop import clock
from shop.events.auth import UserCreated
from tests import kit
from tests.kit import Client, Reply, admin, anyone, deliver, hear, pending, user
from tests.service.reviews_kit import Json, a_product, change_status, id_of, judge, once_before, said, support, write

pytestmark = pytest.mark.usefixtures("shop")


def ask(product_id: str, by: Client | None = None, question: str = "Is it round?") -> Json:
    made: Json = (by or user()).post(f"/v1/products/{product_id}/questions", {"question": question}).ok(201)
    return made


def change(made: Json, by: Client, **fields: object) -> Reply:
    return by.patch(f"/v1/questions/{made['id']}", fields, if_match=f'"{made["version"]}"')


def approve(question: Json) -> Json:
    approved: Json = change(question, support(), is_approved=True).ok(200)
    return approved


def approved(product_id: str, by: Client | None = None, question: str = "Is it round?") -> Json:
    return approve(ask(product_id, by, question))


def answer(question: Json, by: Client, text: str = "Yes, it is.") -> Reply:
    return by.put(f"/v1/questions/{question['id']}/answer", {"answer": text})


def upvote(question: Json, by: Client) -> Reply:
    return by.put(f"/v1/questions/{question['id']}/votes/me")


def take_back(question: Json, by: Client) -> Reply:
    return by.delete(f"/v1/questions/{question['id']}/votes/me")


def read(question: Json, by: Client | None = None) -> Json:
    found: Json = (by or admin()).get(f"/v1/questions/{question['id']}").ok(200)
    return found


def ids(page: Json) -> list[str]:
    return [question["id"] for question in page["data"]]


def listed(product_id: str, query: str = "") -> Json:
    page: Json = anyone().get(f"/v1/products/{product_id}/questions{query}").ok(200)
    return page


def told(kind: str) -> list[Json]:
    return [detail["data"] for detail_type, detail in pending("reviews") if detail_type == kind]


def with_mail() -> tuple[Client, str]:
    """Somebody notifications knows how to write to."""
    client, address = user(), "ann@example.com"
    kit.perform("notifications", "seed_templates")
    account = UserCreated(user_id=id_of(client), email=address, first_name="Ann", roles=["customer"])
    hear("user.created", said(account))
    return client, address


def mails_to(address: str, word: str) -> list[str]:
    return [
        sent.body
        for sent in kit.mails()
        if sent.destinations["ToAddresses"] == [address] and word in sent.subject.lower()
    ]


# --- asking


def test_a_question_waits_for_its_approval() -> None:
    """R247, R248, B174, REV-04, E92."""
    product_id, ann = a_product(), user()
    response = ann.post(f"/v1/products/{product_id}/questions", {"question": "  Is it round?  "})
    made = response.ok(201)
    assert response.headers["Location"] == f"/v1/questions/{made['id']}"
    assert (made["question"], made["user_id"], made["product_id"]) == ("Is it round?", id_of(ann), product_id)
    assert (made["answer"], made["answered_by"], made["answered_at"]) == (None, None, None)
    assert (made["upvotes"], made["is_approved"], made["version"]) == (0, False, 1)
    assert listed(product_id)["data"] == []
    for stranger in (anyone(), user(), user("sam", "seller")):
        stranger.get(f"/v1/questions/{made['id']}").refused(404, "not_found")
    for reader in (ann, support(), admin()):
        assert read(made, reader) == made
    assert told("question.created") == [{"question_id": made["id"], "product_id": product_id, "user_id": id_of(ann)}]


@pytest.mark.parametrize(
    "question", ["", "   ", None, 7, "q" * 2001, "a bell \x07", "<a href='https://example.com'>look</a>"]
)
def test_a_question_that_is_none_is_refused(question: object) -> None:
    """R247, B13."""
    product_id, ann = a_product(), user()
    problem = ann.post(f"/v1/products/{product_id}/questions", {"question": question})
    assert problem.refused(422, "validation_failed")["errors"][0]["pointer"] == "/question"
    assert ann.get("/v1/users/me/questions").ok()["data"] == [] == told("question.created")


def test_one_may_ask_more_than_once_but_the_same_key_asks_once() -> None:
    """R247, B20."""
    product_id, ann = a_product(), user()
    path, body = f"/v1/products/{product_id}/questions", {"question": "Is it round?"}
    first = ann.post(path, body, idempotency_key="k").ok(201)
    assert ann.post(path, body, idempotency_key="k").ok(201) == first
    assert ask(product_id, ann)["id"] != first["id"]
    assert len(ann.get("/v1/users/me/questions").ok()["data"]) == 2


def test_only_what_is_offered_is_asked_about() -> None:
    """R246, R247, B3."""
    for product_id in ("none-such", a_product(status="draft")):
        user().post(f"/v1/products/{product_id}/questions", {"question": "?"}).refused(404, "not_found")
        anyone().get(f"/v1/products/{product_id}/questions").refused(404, "not_found")
    anyone().post(f"/v1/products/{a_product()}/questions", {"question": "?"}).refused(401, "unauthenticated")


# --- approving and editing


def test_staff_approve_and_the_public_reads() -> None:
    """R246, R248, R249, B174."""
    product_id, ann = a_product(), user()
    made = ask(product_id, ann)
    for other in (ann, user("sam", "seller")):
        assert change(made, other, is_approved=True).status in (403, 404)
    change(made, ann, is_approved=True).refused(403, "forbidden")
    shown = approve(made)
    assert (shown["is_approved"], shown["version"]) == (True, 2)
    assert listed(product_id)["data"] == [shown] == [read(made, anyone())]
    change(made, support(), is_approved=False).refused(412, "version_mismatch")
    hidden = change(shown, admin(), is_approved=False).ok(200)
    assert listed(product_id)["data"] == []
    assert change(hidden, admin(), is_approved=False).ok(200) == hidden


def test_the_asker_edits_until_it_is_answered() -> None:
    """R249, B174. Other words are approved again."""
    product_id, ann = a_product(), user()
    made = approved(product_id, ann)
    assert change(made, ann, question="Is it round?").ok(200) == made
    edited = change(made, ann, question="Is it square?").ok(200)
    assert (edited["question"], edited["is_approved"]) == ("Is it square?", False)
    assert listed(product_id)["data"] == []
    ann.patch(f"/v1/questions/{made['id']}", {"question": "?"}).refused(428, "if_match_required")
    change(made, ann, question="?").refused(412, "version_mismatch")
    change(edited, ann, question="<b>?</b>").refused(422, "validation_failed")
    change(edited, ann, question=None).refused(422, "validation_failed")
    answered = answer(edited, support()).ok(200)
    change(answered, ann, question="Is it blue?").refused(409, "already_answered")
    assert read(made) == answered


def test_another_does_not_edit_or_delete() -> None:
    """R249, R250."""
    ann = user()
    made = approved(a_product(), ann)
    change(made, user(), question="?").refused(404, "not_found")
    change(made, support(), question="?").refused(403, "forbidden")
    for other in (user(), support(), user("sam", "seller")):
        other.delete(f"/v1/questions/{made['id']}", if_match=f'"{made["version"]}"').refused(404, "not_found")
    assert read(made) == made


def test_an_answer_that_comes_first_keeps_the_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """R249, R251, B19."""
    ann = user()
    made = ask(a_product(), ann)
    once_before(monkeypatch, stored, "save", lambda: answer(made, support()).ok(200))
    change(made, ann, question="Is it blue?").refused(412, "version_mismatch")
    assert (read(made)["question"], read(made)["answer"]) == ("Is it round?", "Yes, it is.")


def test_the_asker_or_the_admin_deletes() -> None:
    """R250, B22."""
    product_id, ann = a_product(), user()
    for by in (ann, admin()):
        made = approved(product_id, ann)
        upvote(made, user()).ok(204)
        by.delete(f"/v1/questions/{made['id']}", if_match='"1"').refused(412, "version_mismatch")
        by.delete(f"/v1/questions/{made['id']}", if_match=f'"{read(made)["version"]}"').ok(204)
        admin().get(f"/v1/questions/{made['id']}").refused(404, "not_found")
        assert listed(product_id)["data"] == [] == ann.get("/v1/users/me/questions").ok()["data"]
        assert admin().get("/v1/admin/questions?status=approved").ok()["data"] == []


# --- answering


def test_staff_answer() -> None:
    """R251, B174, E93."""
    product_id, ann = a_product(), user()
    made = approved(product_id, ann)
    answered = answer(made, support()).ok(200)
    assert (answered["answer"], answered["answered_by"]) == ("Yes, it is.", "support-1")
    assert answered["answered_at"]
    assert listed(product_id)["data"] == [answered]
    assert answer(made, admin()).ok(200) == answered
    better = answer(made, admin(), "Very much so.").ok(200)
    assert (better["answer"], better["answered_by"]) == ("Very much so.", "admin-1")
    assert [(event["answer"], event["answered_by"]) for event in told("question.answered")] == [
        ("Yes, it is.", "support-1"),
        ("Very much so.", "admin-1"),
    ]
    assert {event["user_id"] for event in told("question.answered")} == {id_of(ann)}


def test_a_seller_answers_about_their_own_products() -> None:
    """R251, R248, B174. Also before staff have approved the question; the public sees it once they have."""
    sam, tom = user("sam", "seller"), user("tom", "seller")
    made = ask(a_product(sam))
    deliver()
    answer(made, tom).refused(404, "not_found")
    answer(made, user()).refused(403, "forbidden")
    answer(made, anyone()).refused(401, "unauthenticated")
    tom.get(f"/v1/questions/{made['id']}").refused(404, "not_found")
    assert read(made, sam) == made
    assert answer(made, sam).ok(200)["answered_by"] == "sam"
    anyone().get(f"/v1/questions/{made['id']}").refused(404, "not_found")
    assert approve(read(made))["answer"] == "Yes, it is."
    answer({"id": "none-such"}, sam).refused(404, "not_found")
    user("sam").put(f"/v1/questions/{made['id']}/answer", {"answer": "No"}).refused(403, "forbidden")


@pytest.mark.parametrize("text", ["", None, "a" * 10_001, "<i>yes</i>", "\x00"])
def test_an_answer_that_is_none_is_refused(text: object) -> None:
    """R251, B13."""
    made = approved(a_product())
    problem = support().put(f"/v1/questions/{made['id']}/answer", {"answer": text})
    assert problem.refused(422, "validation_failed")["errors"][0]["pointer"] == "/answer"
    assert read(made) == made


def test_two_who_answer_at_once_both_did(monkeypatch: pytest.MonkeyPatch) -> None:
    """R251. The answer that is written last stands, and both are told."""
    made = approved(a_product())
    once_before(monkeypatch, stored, "save", lambda: answer(made, admin(), "First.").ok(200))
    assert answer(made, support(), "Second.").ok(200)["version"] == made["version"] + 2
    assert [event["answer"] for event in told("question.answered")] == ["First.", "Second."]


def test_who_asked_is_told_by_mail_once() -> None:
    """B174, B180, E93."""
    ann, mail = with_mail()
    made = approved(a_product(), ann, "Is it <3-shaped & round?")
    answer(made, support(), "Yes & no.").ok(200)
    deliver(times=2)
    answer(made, support(), "Better: yes.").ok(200)
    deliver(times=2)
    (letter,) = mails_to(mail, "question")
    assert "Is it &lt;3-shaped &amp; round?" in letter
    assert "Yes &amp; no." in letter


def test_who_wrote_a_review_is_told_of_each_judgement() -> None:
    """E88, E89, R245."""
    ann, mail = with_mail()
    review = write(a_product(), ann)
    judge(review).ok(200)
    deliver(times=2)
    assert "others can read your review" in mails_to(mail, "review")[0]
    judge(review, "rejected", moderation_notes="Tell us about the mug & not the parcel").ok(200)
    deliver(times=2)
    assert len(mails_to(mail, "review")) == 2
    (refused,) = mails_to(mail, "not published")
    assert "Tell us about the mug &amp; not the parcel" in refused


# --- wanting to know it too


def test_a_question_is_wanted_once_by_each_and_not_by_its_asker() -> None:
    """R252, R253, B174, REV-05."""
    ann, bob = user(), user()
    made = approved(a_product(), ann)
    for _ in range(2):
        upvote(made, bob).ok(204)
    upvote(made, user()).ok(204)
    assert read(made)["upvotes"] == 2
    upvote(made, ann).refused(409, "own_question")
    take_back(made, ann).refused(409, "own_question")
    for _ in range(2):
        take_back(made, bob).ok(204)
    assert read(made)["upvotes"] == 1
    upvote(made, anyone()).refused(401, "unauthenticated")


def test_what_is_not_public_is_not_wanted() -> None:
    """R252, R253."""
    made = ask(a_product())
    for unseen in (made, {"id": "none-such"}):
        upvote(unseen, user()).refused(404, "not_found")
        take_back(unseen, user()).refused(404, "not_found")
    assert read(made)["upvotes"] == 0


@pytest.mark.parametrize(("rival", "upvotes"), [("same", 1), ("other", 2)])
def test_votes_at_once_are_counted_exactly(monkeypatch: pytest.MonkeyPatch, rival: str, upvotes: int) -> None:
    """R252, B174."""
    made, bob = approved(a_product()), user()
    who = bob if rival == "same" else user()
    once_before(monkeypatch, stored, "add_vote", lambda: upvote(made, who).ok(204))
    upvote(made, bob).ok(204)
    assert read(made)["upvotes"] == upvotes


def test_a_vote_taken_back_twice_at_once_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """R253, B174."""
    made, bob = approved(a_product()), user()
    upvote(made, bob).ok(204)
    once_before(monkeypatch, stored, "take_vote", lambda: take_back(made, bob).ok(204))
    take_back(made, bob).ok(204)
    assert read(made)["upvotes"] == 0


# --- lists


def test_the_most_wanted_come_first() -> None:
    """R246, AP60, B15, B16."""
    product_id, start, made = a_product(), clock.epoch("2026-01-31T12:00:00.000Z"), []
    for number in range(4):
        with time_machine.travel(start + number, tick=True):
            made.append(approved(product_id, question=f"{number}?")["id"])
    approved(a_product())
    for index, votes in ((1, 2), (3, 1)):
        for _ in range(votes):
            upvote({"id": made[index]}, user()).ok(204)
    first = listed(product_id, "?limit=3")
    rest = listed(product_id, f"?limit=3&cursor={first['next_cursor']}")
    assert ids(first) + ids(rest) == [made[index] for index in (1, 3, 2, 0)]


def test_everyone_finds_their_own_questions_and_staff_what_waits() -> None:
    """R242, R244, AP60."""
    ann, start, made = user(), clock.epoch("2026-01-31T12:00:00.000Z"), []
    for number in range(3):
        with time_machine.travel(start + number, tick=True):
            made.append(ask(a_product(), ann))
    approve(made[1])
    order = [question["id"] for question in made]
    assert ids(ann.get("/v1/users/me/questions").ok(200)) == order[::-1]
    assert ids(support().get(f"/v1/users/me/questions?user_id={id_of(ann)}").ok(200)) == order[::-1]
    user().get(f"/v1/users/me/questions?user_id={id_of(ann)}").refused(404, "not_found")
    assert user().get("/v1/users/me/questions").ok(200)["data"] == []
    for staff in (support(), admin()):
        assert ids(staff.get("/v1/admin/questions").ok(200)) == [order[0], order[2]]
        assert ids(staff.get("/v1/admin/questions?status=approved").ok(200)) == [order[1]]
    ann.get("/v1/admin/questions").refused(403, "forbidden")
    admin().get("/v1/admin/questions?status=lost").refused(400, "invalid_parameter")


def test_questions_are_hidden_with_their_product() -> None:
    """R246, R248, R252."""
    ann, product_id = user(), a_product()
    made = approved(product_id, ann)
    deliver()
    change_status(product_id, "archived")
    deliver()
    anyone().get(f"/v1/products/{product_id}/questions").refused(404, "not_found")
    anyone().get(f"/v1/questions/{made['id']}").refused(404, "not_found")
    upvote(made, user()).refused(404, "not_found")
    assert read(made, ann) == made
