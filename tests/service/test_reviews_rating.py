"""What reviews come to: a product's rating, and how many found a review helpful (R239, R240; B170, B171; E91)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviews.model.rating import RatingAggregate
from reviews.store import ratings
from reviews.store import reviews as stored
from shop import races
from shop.errors import Transient
from shop.events.auth import UserDeleted
from tests import kit
from tests.kit import Client, Reply, admin, anyone, deliver, pending, user
from tests.service.reviews_kit import (
    Json,
    a_product,
    aggregate,
    delete,
    edit,
    id_of,
    judge,
    listed,
    once_before,
    published,
    read,
    say,
    vote,
    write,
)

pytestmark = pytest.mark.usefixtures("shop")


def rating_of(product_id: str) -> tuple[float, int, dict[str, int]]:
    found = aggregate(product_id)
    return found["average"], found["count"], {stars: n for stars, n in found["histogram"].items() if n}


def news(product_id: str) -> list[Json]:
    """What was told of a product's rating, in the order of its versions."""
    told = [d for kind, d in pending("reviews") if kind == "rating.updated" and d["aggregate_id"] == product_id]
    return sorted(told, key=lambda detail: int(detail["aggregate_version"]))


def agrees(product_id: str) -> None:
    """The rating is that of the approved reviews, and the last that was told is the rating."""
    reviews = [r for status in ("approved", "pending", "rejected") for r in queue(status, product_id)]
    stars = [review["rating"] for review in reviews if review["is_approved"]]
    found = aggregate(product_id)
    assert (found["sum"], found["count"]) == (sum(stars), len(stars))
    assert found["histogram"] == {str(n): stars.count(n) for n in range(1, 6)}
    exact = Decimal(sum(stars)) / len(stars) if stars else Decimal(0)
    assert found["average"] == float(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))
    told = news(product_id)
    assert [detail["aggregate_version"] for detail in told] == list(range(1, found["version"] + 1))
    if told:
        last = {"product_id": product_id, "average": found["average"], "count": found["count"]}
        assert told[-1]["data"] == last


def queue(status: str, product_id: str) -> list[Json]:
    rows = admin().get(f"/v1/admin/reviews?status={status}&limit=100").ok(200)["data"]
    return [row for row in rows if row["product_id"] == product_id]


# --- the rating of a product


def test_the_rating_follows_every_judgement() -> None:
    """B170, R245, R237, R238, E91, REV-03, B32."""
    product_id, ann = a_product(), user()
    first = published(product_id, ann, rating=5)
    assert rating_of(product_id) == (5, 1, {"5": 1})
    second = published(product_id, rating=4)
    third = published(product_id, rating=4)
    write(product_id, rating=1)
    assert rating_of(product_id) == (4.33, 3, {"4": 2, "5": 1})
    judge(second, "rejected").ok(200)
    assert rating_of(product_id) == (4.5, 2, {"4": 1, "5": 1})
    edited = edit(first, ann, rating=1).ok(200)
    assert rating_of(product_id) == (4, 1, {"4": 1})
    judge(edited).ok(200)
    assert rating_of(product_id) == (2.5, 2, {"1": 1, "4": 1})
    delete(third, admin()).ok(204)
    delete(read(edited), ann).ok(204)
    assert rating_of(product_id) == (0, 0, {})
    agrees(product_id)
    assert len(news(product_id)) == 8


def test_the_product_shows_its_rating() -> None:
    """B170, B18, B23, E91. The catalog hears of it, whatever comes first."""
    product_id, ann = a_product(), user()
    published(product_id, rating=4)
    review = published(product_id, ann, rating=5)
    edit(review, ann, rating=1).ok(200)
    judge(review).ok(200)
    deliver(times=2, shuffle=Random(3))
    assert admin().get(f"/v1/products/{product_id}").ok(200)["rating"] == {"average": 2.5, "count": 2}


def test_what_is_not_approved_does_not_count() -> None:
    """B169, B170."""
    product_id, ann = a_product(), user()
    made = write(product_id, ann, rating=1)
    edited = edit(made, ann, rating=2).ok(200)
    judge(edited, "rejected").ok(200)
    delete(read(made), ann).ok(204)
    assert (rating_of(product_id), news(product_id)) == ((0, 0, {}), [])


@pytest.mark.parametrize(
    ("stars", "average"),
    [
        ([], "0"),
        ([3], "3"),
        ([5, 4, 4], "4.33"),
        ([5, 5, 4], "4.67"),
        ([4] * 7 + [5], "4.13"),
        ([1] * 199 + [2], "1.01"),
    ],
)
def test_an_average_has_two_decimals_half_up(stars: list[int], average: str) -> None:
    """REV-03."""
    rating = RatingAggregate(product_id="p")
    for given_stars in stars:
        rating = rating.moved(None, given_stars)
    assert rating.average == Decimal(average)


def act(kind: str, review: Json, author: Client, stars: int, reader: Client) -> Any:
    """Let something happen to a review; who leaves gets no answer."""
    acts: dict[str, Callable[[], Any]] = {
        "approve": lambda: judge(review, "approved"),
        "reject": lambda: judge(review, "rejected"),
        "edit": lambda: edit(review, author, rating=stars),
        "delete": lambda: delete(review, author),
        "vote": lambda: vote(review, reader),
        "leave": lambda: say(UserDeleted(user_id=id_of(author)), 2),
    }
    return acts[kind]()


Act = tuple[str, int, int]
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["write", "approve", "reject", "edit", "delete", "vote", "leave"]),
        st.integers(0, 3),
        st.integers(1, 5),
    ),
    max_size=25,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_whatever_happens_the_rating_is_the_sum_of_the_approved_reviews(acts: list[Act]) -> None:
    """B170, B171, B32, REV-03. Each refusal of an act that is no move is right, and changes nothing."""
    kit.empty()
    product_id, people = a_product(), [user() for _ in range(4)]
    written: dict[int, Json] = {}
    for kind, who, stars in acts:
        person, review = people[who], written.get(who)
        if review is not None:
            found = admin().get(f"/v1/reviews/{review['review_id']}")
            review = found.body if found.status == 200 else None
        if kind == "write":
            answer = person.post(f"/v1/products/{product_id}/reviews", {"rating": stars})
            if answer.status == 201:
                written[who] = answer.body
        elif review is not None:
            acted = act(kind, review, person, stars, people[stars % 4])
            assert acted is None or acted.status in (200, 204, 404, 409, 422), acted
    agrees(product_id)


def between_the_reading_and_the_writing(monkeypatch: pytest.MonkeyPatch, rival: Callable[[], object]) -> None:
    """The rating has been read for the new one; then the rival acts; then it is written."""
    reading, done = ratings.rating, [False]

    def read_and_lose(product_id: str) -> RatingAggregate:
        found = reading(product_id)
        if not done[0]:
            done[0] = True
            rival()
        return found

    monkeypatch.setattr(ratings, "rating", read_and_lose)


def test_two_moderators_who_approve_two_reviews_both_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """B170. The second finds the rating moved, and adds to what the first left."""
    product_id = a_product()
    first, second = write(product_id, rating=5), write(product_id, rating=2)
    between_the_reading_and_the_writing(monkeypatch, lambda: judge(first).ok(200))
    judge(second).ok(200)
    assert rating_of(product_id) == (3.5, 2, {"2": 1, "5": 1})
    agrees(product_id)


Race = Callable[[Json, Client], Any]


@pytest.mark.parametrize(
    ("mine", "rival"),
    [
        (lambda r, ann: judge(r), lambda r, ann: judge(r)),
        (lambda r, ann: judge(r), lambda r, ann: judge(r, "rejected")),
        (lambda r, ann: judge(r), lambda r, ann: edit(r, ann, rating=1)),
        (lambda r, ann: judge(r), lambda r, ann: delete(r, ann)),
        (lambda r, ann: judge(r), lambda r, ann: published(r["product_id"], rating=2)),
    ],
    ids=["approved twice", "approved and rejected", "approved and edited", "approved and deleted", "both approved"],
)
def test_an_approval_races_with_anything(monkeypatch: pytest.MonkeyPatch, mine: Race, rival: Race) -> None:
    """B170, B19."""
    product_id, ann = a_product(), user()
    review = write(product_id, ann, rating=5)
    between_the_reading_and_the_writing(monkeypatch, lambda: rival(review, ann))
    assert mine(review, ann).status in (200, 404, 412, 422)
    agrees(product_id)


@pytest.mark.parametrize(
    ("mine", "rival"),
    [
        (lambda r, ann: delete(r, ann), lambda r, ann: judge(r, "rejected")),
        (lambda r, ann: delete(r, ann), lambda r, ann: delete(r, admin())),
        (lambda r, ann: delete(r, ann), lambda r, ann: edit(r, ann, rating=1)),
        (lambda r, ann: edit(r, ann, rating=2), lambda r, ann: delete(r, admin())),
        (lambda r, ann: edit(r, ann, rating=2), lambda r, ann: judge(r, "rejected")),
        (lambda r, ann: judge(r, "rejected"), lambda r, ann: delete(r, ann)),
        (lambda r, ann: judge(r, "rejected"), lambda r, ann: say(UserDeleted(user_id=id_of(ann)), 2)),
        (lambda r, ann: edit(r, ann, rating=2), lambda r, ann: published(r["product_id"], rating=3)),
    ],
)
def test_the_end_of_an_approval_races_with_anything(monkeypatch: pytest.MonkeyPatch, mine: Race, rival: Race) -> None:
    """B170, B19."""
    product_id, ann = a_product(), user()
    review = published(product_id, ann, rating=5)
    between_the_reading_and_the_writing(monkeypatch, lambda: rival(review, ann))
    assert mine(review, ann).status in (200, 204, 404, 412, 422)
    agrees(product_id)


def test_a_judgement_that_never_wins_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """B36, B170."""
    product_id = a_product()
    review = write(product_id)
    reading = ratings.rating
    with monkeypatch.context() as patched:
        patched.setattr(races, "TRIES", 2)
        patched.setattr(ratings, "rating", lambda product_id: reading(product_id).but(version=99))
        answer = judge(review)
        answer.refused(503, Transient().code)
        assert answer.headers["Retry-After"] == "1"
    assert (read(review)["status"], rating_of(product_id)) == ("pending", (0, 0, {}))
    judge(review).ok(200)
    agrees(product_id)


# --- votes


def counts(review: Json) -> tuple[int, int]:
    found = read(review)
    return found["helpful_count"], found["not_helpful_count"]


def test_a_vote_can_be_changed_and_taken_back() -> None:
    """R239, R240, B171, REV-02."""
    review, ann, bob = published(a_product()), user(), user()
    cast = vote(review, ann).ok(200)
    assert cast == {
        "review_id": review["review_id"],
        "user_id": id_of(ann),
        "value": "helpful",
        "helpful_count": 1,
        "not_helpful_count": 0,
    }
    assert vote(review, ann).ok(200) == cast
    vote(review, bob, "NOT_HELPFUL").ok(200)
    assert counts(review) == (1, 1)
    assert vote(review, ann, "not_helpful").ok(200)["not_helpful_count"] == 2
    assert counts(review) == (0, 2)
    for _ in range(2):
        ann.delete(f"/v1/reviews/{review['review_id']}/votes/me").ok(204)
        assert counts(review) == (0, 1)
    vote(review, ann).ok(200)
    assert counts(review) == (1, 1)


def test_nobody_votes_on_their_own_review() -> None:
    """R239, R240, B171. Approved or not."""
    ann = user()
    for review in (write(a_product(), ann), published(a_product(), ann)):
        vote(review, ann).refused(409, "own_review")
        ann.delete(f"/v1/reviews/{review['review_id']}/votes/me").refused(409, "own_review")
        assert counts(review) == (0, 0)


def test_what_is_not_public_is_not_voted_on() -> None:
    """R239, R240."""
    review = write(a_product())
    for unseen in (review, {"review_id": "none-such"}):
        vote(unseen, user()).refused(404, "not_found")
        user().delete(f"/v1/reviews/{unseen['review_id']}/votes/me").refused(404, "not_found")
    anyone().put(f"/v1/reviews/{review['review_id']}/votes/me", {"value": "helpful"}).refused(401, "unauthenticated")
    judge(review).ok(200)
    for value in ("great", None, 1):
        user().put(f"/v1/reviews/{review['review_id']}/votes/me", {"value": value}).refused(422, "validation_failed")
    assert counts(review) == (0, 0)


def test_a_vote_stays_while_its_review_is_moderated_again() -> None:
    """R237, B171."""
    ann, bob = user(), user()
    review = published(a_product(), ann)
    vote(review, bob).ok(200)
    edited = edit(read(review), ann, rating=2).ok(200)
    vote(edited, user()).refused(404, "not_found")
    judge(edited).ok(200)
    assert vote(edited, bob).ok(200)["helpful_count"] == 1


@pytest.mark.parametrize(
    ("mine", "rival", "counted"),
    [
        ("helpful", "helpful", (1, 0)),
        ("helpful", "not_helpful", (1, 0)),
        ("not_helpful", "helpful", (0, 1)),
        (None, "helpful", (0, 0)),
    ],
)
def test_two_votes_of_one_user_at_once_are_one(
    monkeypatch: pytest.MonkeyPatch, mine: str | None, rival: str, counted: tuple[int, int]
) -> None:
    """B171. The one that is written last is the one that counts."""
    review, ann = published(a_product()), user()
    vote(review, ann, "helpful").ok(200)
    once_before(monkeypatch, stored, "save_vote", lambda: vote(review, ann, rival).ok(200))
    if mine is None:
        ann.delete(f"/v1/reviews/{review['review_id']}/votes/me").ok(204)
    else:
        vote(review, ann, "not_helpful" if mine == "helpful" else "helpful").ok(200)
        vote(review, ann, mine).ok(200)
    assert counts(review) == counted


def test_a_vote_races_with_anothers_and_both_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """B171."""
    product_id = a_product()
    review = published(product_id)
    once_before(monkeypatch, stored, "save_vote", lambda: vote(review, user()).ok(200))
    assert vote(review, user()).ok(200)["helpful_count"] == 2
    assert counts(review) == (2, 0)
    assert listed(product_id, "?sort=helpful")["data"][0]["helpful_count"] == 2


def test_a_vote_on_a_review_that_goes_meanwhile_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """B171."""
    ann, bob = user(), user()
    ways: list[Callable[[Json], Reply]] = [lambda r: judge(r, "rejected"), lambda r: delete(r, ann)]
    for go in ways:
        review = published(a_product(), ann)
        with monkeypatch.context() as patched:
            once_before(patched, stored, "save_vote", lambda: go(review))  # noqa: B023
            vote(review, bob).refused(404, "not_found")


def test_many_who_vote_at_once_are_all_counted() -> None:
    """B171, B36. Whoever loses too often is told to try again, and does."""
    review, people = published(a_product()), [user() for _ in range(12)]

    def until_counted(person: Client) -> None:
        while vote(review, person).status == 503:
            pass

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(until_counted, people))
    assert counts(review) == (12, 0)
