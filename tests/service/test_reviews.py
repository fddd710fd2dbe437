"""Reviews as customers write and read them, and as staff judge them (R234-R238, R241, R243, R245; B167, B169, B172)."""

import pytest
import time_machine

from reviews.store import reviews as stored
from shop import clock
from tests.kit import Client, admin, anyone, deliver, pending, user
from tests.service.reviews_kit import (
    Json,
    a_product,
    change_status,
    delete,
    edit,
    id_of,
    judge,
    listed,
    once_before,
    published,
    read,
    support,
    vote,
    write,
)

pytestmark = pytest.mark.usefixtures("shop")

PICTURE = {"url": "https://img.example.com/mug.jpg", "alt": "The mug on my table"}


def told(kind: str) -> list[Json]:
    return [detail["data"] for detail_type, detail in pending("reviews") if detail_type == kind]


def ids(page: Json) -> list[str]:
    return [review["review_id"] for review in page["data"]]


def queue(by: Client, query: str = "") -> list[str]:
    return ids(by.get(f"/v1/admin/reviews{query}").ok(200))


# --- writing


def test_a_review_waits_for_its_moderation() -> None:
    """R235, B167, B169, REV-01, E87."""
    product_id, ann = a_product(), user()
    body = {"rating": 4, "title": "Good", "comment": "Holds coffee.\nAnd tea.", "images": [PICTURE]}
    answer = ann.post(f"/v1/products/{product_id}/reviews", body)
    made = answer.ok(201)
    assert answer.headers["Location"] == f"/v1/reviews/{made['review_id']}"
    assert {name: made[name] for name in body} == body
    assert (made["status"], made["is_approved"], made["approved_at"]) == ("pending", False, None)
    assert (made["helpful_count"], made["not_helpful_count"], made["is_verified_purchase"]) == (0, 0, False)
    assert made["user_details"] == {"name": None, "avatar_url": None}
    assert {"author_version", "edition"}.isdisjoint(made)
    assert listed(product_id)["data"] == []
    anyone().get(f"/v1/reviews/{made['review_id']}").refused(404, "not_found")
    user().get(f"/v1/reviews/{made['review_id']}").refused(404, "not_found")
    for reader in (ann, support(), admin()):
        assert read(made, reader) == made
    assert told("review.created") == [
        {"review_id": made["review_id"], "product_id": product_id, "user_id": id_of(ann), "rating": 4}
    ]


def test_a_rating_alone_is_a_review() -> None:
    """R235."""
    made = write(a_product(), rating=1)
    assert (made["title"], made["comment"], made["images"], made["order_id"]) == (None, None, [], None)


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"rating": 0}, "/rating"),
        ({"rating": 6}, "/rating"),
        ({"rating": 4.5}, "/rating"),
        ({"rating": "5"}, "/rating"),
        ({"rating": True}, "/rating"),
        ({"rating": None}, "/rating"),
        ({"title": ""}, "/title"),
        ({"title": "t" * 151}, "/title"),
        ({"title": "two\nlines"}, "/title"),
        ({"comment": "c" * 10_001}, "/comment"),
        ({"comment": "a bell \x07"}, "/comment"),
        ({"comment": "\x00"}, "/comment"),
        ({"comment": "<script>alert(1)</script>"}, "/comment"),
        ({"comment": "nice <img src=x onerror=alert(1)>"}, "/comment"),
        ({"title": "<b>bold</b>"}, "/title"),
        ({"images": [{"url": "javascript:alert(1)"}]}, "/images/0/url"),
        ({"images": [PICTURE] * 11}, "/images"),
        ({"images": [{**PICTURE, "width": 3}]}, "/images/0/width"),
        ({"order_id": "no order/"}, "/order_id"),
        ({"status": "approved"}, "/status"),
        ({"is_verified_purchase": True}, "/is_verified_purchase"),
    ],
)
def test_bad_input_is_refused_with_its_place_and_nothing_is_written(fields: Json, pointer: str) -> None:
    """R235, R237, B13, B167."""
    product_id, ann = a_product(), user()
    path = f"/v1/products/{product_id}/reviews"
    problem = ann.post(path, {"rating": 5, **fields}).refused(422, "validation_failed")
    assert problem["errors"][0]["pointer"] == pointer
    assert ann.get("/v1/users/me/reviews").ok()["data"] == [] == told("review.created")
    made = write(product_id, ann)
    if "order_id" not in fields:
        assert edit(made, ann, **fields).refused(422, "validation_failed")["errors"][0]["pointer"] == pointer
    assert read(made) == made


def test_what_only_looks_like_markup_is_text() -> None:
    """R235."""
    for comment in ("I <3 it", "1 < 2 and 3 > 2", "5 & more", "<<"):
        assert write(a_product(), comment=comment)["comment"] == comment


def test_there_is_one_review_for_each_user_and_product() -> None:
    """R235, B167, B14."""
    product_id, ann = a_product(), user()
    first = write(product_id, ann)
    ann.post(f"/v1/products/{product_id}/reviews", {"rating": 1}).refused(409, "review_exists")
    assert read(first) == first
    write(product_id)
    write(a_product(), ann)
    delete(first, ann).ok(204)
    assert write(product_id, ann)["review_id"] != first["review_id"]


def test_a_repeated_post_is_one_review() -> None:
    """R235, B20. Also when the first attempt wrote the review and was then interrupted."""
    product_id, ann = a_product(), user()
    path, body = f"/v1/products/{product_id}/reviews", {"rating": 3}
    first = ann.post(path, body, idempotency_key="k")
    again = ann.post(path, body, idempotency_key="k")
    assert (again.ok(201), again.headers["Idempotent-Replayed"]) == (first.ok(201), "true")
    ann.post(path, {"rating": 4}, idempotency_key="k").refused(422, "idempotency_key_reused")
    assert len(told("review.created")) == 1


def test_an_interrupted_post_is_answered_with_what_it_had_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """R235, B20."""
    product_id, ann = a_product(), user()
    path, create = f"/v1/products/{product_id}/reviews", stored.create

    def dies(*arguments: object) -> None:
        create(*arguments)  # type: ignore[arg-type]
        raise RuntimeError("the process ends")

    with monkeypatch.context() as patched:
        patched.setattr(stored, "create", dies)
        ann.post(path, {"rating": 3}, idempotency_key="k").refused(500, "internal_error")
    made = ann.post(path, {"rating": 3}, idempotency_key="k").ok(201)
    assert ids(ann.get("/v1/users/me/reviews").ok()) == [made["review_id"]]


def test_only_what_is_offered_is_reviewed() -> None:
    """R235, B3. The catalog is asked: its news need not have come yet."""
    for product_id in ("none-such", a_product(status="draft"), "not an id"):
        user().post(f"/v1/products/{product_id.replace(' ', '%20')}/reviews", {"rating": 5}).refused(404, "not_found")
    assert write(a_product(variants=[{"sku": "V", "name": "V", "price": {"amount": 1, "currency": "USD"}}]))
    gone = a_product()
    change_status(gone, "inactive")
    user().post(f"/v1/products/{gone}/reviews", {"rating": 5}).refused(404, "not_found")


def test_writing_takes_an_account() -> None:
    """R235."""
    anyone().post(f"/v1/products/{a_product()}/reviews", {"rating": 5}).refused(401, "unauthenticated")


# --- editing and deleting


def test_an_edited_review_is_moderated_again() -> None:
    """R237, B167, B19."""
    product_id, ann = a_product(), user()
    made = published(product_id, ann, title="Good", comment="Yes", images=[PICTURE])
    edited = edit(made, ann, rating=2, comment="It broke", images=[]).ok(200)
    assert (edited["rating"], edited["title"], edited["comment"], edited["images"]) == (2, "Good", "It broke", [])
    assert (edited["status"], edited["approved_at"], edited["version"]) == ("pending", None, made["version"] + 1)
    assert listed(product_id)["data"] == []
    edit(made, ann, rating=3).refused(412, "version_mismatch")
    ann.patch(f"/v1/reviews/{made['review_id']}", {"rating": 3}).refused(428, "if_match_required")
    assert read(made) == edited
    assert edit(edited, ann, title=None).ok(200)["title"] is None


def test_an_edit_that_changes_nothing_keeps_the_approval() -> None:
    """R237."""
    ann = user()
    made = published(a_product(), ann, rating=4, title="Good")
    assert edit(made, ann, rating=4, title="Good").ok(200) == made
    assert edit(made, ann).ok(200) == made
    assert read(made) == made


def test_a_rejected_review_can_be_put_better() -> None:
    """R237, R245, B169."""
    ann = user()
    rejected = judge(write(a_product(), ann, comment="rude"), "rejected", moderation_notes="No rudeness").ok(200)
    assert (rejected["status"], rejected["moderation_notes"]) == ("rejected", "No rudeness")
    assert read(rejected, ann)["moderation_notes"] == "No rudeness"
    better = edit(rejected, ann, comment="kind").ok(200)
    assert (better["status"], better["moderation_notes"]) == ("pending", None)
    assert judge(better).ok(200)["is_approved"]


def test_another_customer_neither_edits_nor_deletes() -> None:
    """R237, R238."""
    ann = user()
    made = published(a_product(), ann)
    for other in (user(), user("sam", "seller"), support()):
        edit(made, other, rating=1).refused(404, "not_found")
        delete(made, other).refused(404, "not_found")
    edit(made, admin(), rating=1).refused(404, "not_found")
    assert read(made) == made


def test_the_author_or_the_admin_deletes() -> None:
    """R238, E90."""
    product_id, ann = a_product(), user()
    for by in (ann, admin()):
        made = published(product_id, ann, rating=3)
        by.delete(f"/v1/reviews/{made['review_id']}").refused(428, "if_match_required")
        by.delete(f"/v1/reviews/{made['review_id']}", if_match='"1"').refused(412, "version_mismatch")
        vote(made, user()).ok(200)
        made = read(made)
        delete(made, by).ok(204)
        for reader in (ann, admin()):
            reader.get(f"/v1/reviews/{made['review_id']}").refused(404, "not_found")
        delete(made, by).refused(404, "not_found")
        assert listed(product_id)["data"] == [] == queue(admin(), "?status=approved")
    assert [event["rating"] for event in told("review.deleted")] == [3, 3]


# --- moderation


def test_an_approved_review_is_public() -> None:
    """R234, R236, R245, B169, E88. What is between the author and the shop is not."""
    product_id, ann = a_product(), user()
    made = write(product_id, ann, rating=4, order_id="order-1")
    judged = judge(made, "APPROVED", moderation_notes="fine").ok(200)
    assert (judged["status"], judged["is_approved"], judged["moderation_notes"]) == ("approved", True, "fine")
    assert judged["approved_at"]
    shown = anyone().get(f"/v1/reviews/{made['review_id']}")
    assert shown.ok(200) == {**judged, "order_id": None, "moderation_notes": None}
    assert shown.etag == f'"{judged["version"]}"'
    assert listed(product_id)["data"] == [shown.body]
    assert read(made, ann)["order_id"] == "order-1"
    (event,) = told("review.approved")
    assert (event["review_id"], event["user_id"], event["moderation_notes"]) == (made["review_id"], id_of(ann), "fine")


def test_a_judgement_is_a_move() -> None:
    """R245, B10, E89."""
    made = write(a_product())
    judge(made).ok(200)
    judge(made).refused(422, "invalid_transition")
    judge(made, "rejected").ok(200)
    judge(made, "rejected").refused(422, "invalid_transition")
    judge(made).ok(200)
    judge(made, "pending").refused(422, "validation_failed")
    judge(made, "rejected", moderation_notes="<b>no</b>").refused(422, "validation_failed")
    assert len(told("review.approved")) == 2
    assert len(told("review.rejected")) == 1


def test_only_staff_judge() -> None:
    """R243, R245."""
    ann = user()
    made = write(a_product(), ann)
    for other in (ann, user("sam", "seller")):
        other.post(f"/v1/reviews/{made['review_id']}/moderations", {"status": "approved"}).refused(403, "forbidden")
        other.get("/v1/admin/reviews").refused(403, "forbidden")
    support().post("/v1/reviews/none-such/moderations", {"status": "approved"}).refused(404, "not_found")
    assert read(made)["status"] == "pending"


def test_who_judges_what_was_edited_meanwhile_looks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """R245, R237, B19. The approval loses: nobody has seen the new words."""
    product_id, ann = a_product(), user()
    made = write(product_id, ann, comment="fine")
    once_before(monkeypatch, stored, "save", lambda: edit(made, ann, comment="other words").ok(200))
    judge(made).refused(412, "version_mismatch")
    assert read(made)["status"] == "pending"
    assert listed(product_id)["data"] == []
    assert judge(made).ok(200)["comment"] == "other words"


def test_who_edits_what_was_approved_meanwhile_looks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """R245, R237, B19."""
    ann = user()
    made = write(a_product(), ann, rating=5)
    once_before(monkeypatch, stored, "save", lambda: judge(made).ok(200))
    edit(made, ann, rating=1).refused(412, "version_mismatch")
    assert (read(made)["status"], read(made)["rating"]) == ("approved", 5)


def test_a_vote_meanwhile_does_not_stop_a_judgement(monkeypatch: pytest.MonkeyPatch) -> None:
    """R245."""
    made = published(a_product())
    once_before(monkeypatch, stored, "save", lambda: vote(made, user()).ok(200))
    judged = judge(made, "rejected").ok(200)
    assert (judged["status"], judged["helpful_count"]) == ("rejected", 1)


# --- lists


def test_reviews_are_listed_newest_most_helpful_and_best_rated_first() -> None:
    """R234, B172, B15, B16, AP58."""
    product_id, start = a_product(), clock.epoch("2026-01-31T12:00:00.000Z")
    made = []
    for number, rating in enumerate((3, 5, 1, 5)):
        with time_machine.travel(start + number, tick=True):
            made.append(published(product_id, rating=rating))
    published(a_product())
    for index, helpful in ((2, 2), (0, 1)):
        for _ in range(helpful):
            vote(made[index], user()).ok(200)

    def places(page: Json) -> list[int]:
        return [[review["review_id"] for review in made].index(found) for found in ids(page)]

    def order(query: str) -> list[int]:
        return places(listed(product_id, query))

    assert order("") == order("?sort=newest") == [3, 2, 1, 0]
    assert order("?sort=helpful") == [2, 0, 3, 1]
    assert order("?sort=rating") == [3, 1, 0, 2]
    assert order("?rating=5") == order("?rating=5&sort=rating") == [3, 1]
    assert order("?rating=4") == []
    for sort, whole in (("newest", [3, 2, 1, 0]), ("helpful", [2, 0, 3, 1]), ("rating", [3, 1, 0, 2])):
        first = listed(product_id, f"?sort={sort}&limit=3")
        rest = listed(product_id, f"?sort={sort}&limit=3&cursor={first['next_cursor']}")
        assert places(first) + places(rest) == whole
        assert (first["has_more"], rest["has_more"]) == (True, False)


@pytest.mark.parametrize(
    "query", ["?sort=worst", "?rating=6", "?rating=x", "?sort=helpful&rating=5", "?page=2", "?limit=0"]
)
def test_a_list_that_is_none_is_refused(query: str) -> None:
    """R234."""
    anyone().get(f"/v1/products/{a_product()}/reviews{query}").refused(400, "invalid_parameter")


def test_a_cursor_fits_its_own_list() -> None:
    """R234, B16."""
    product_id = a_product()
    for _ in range(2):
        published(product_id)
    cursor = listed(product_id, "?limit=1")["next_cursor"]
    anyone().get(f"/v1/products/{product_id}/reviews?sort=helpful&cursor={cursor}").refused(400, "invalid_cursor")


def test_everyone_finds_their_own_reviews() -> None:
    """R241, AP59. Staff find anyone's."""
    ann, bob = user(), user()
    with time_machine.travel(clock.epoch("2026-01-31T12:00:00.000Z"), tick=True):
        first = write(a_product(), ann, order_id="order-1")
    second = published(a_product(), ann)
    assert ann.get("/v1/users/me/reviews").ok(200)["data"] == [second, first]
    assert bob.get("/v1/users/me/reviews").ok(200)["data"] == []
    assert ids(support().get(f"/v1/users/me/reviews?user_id={id_of(ann)}").ok(200)) == ids({"data": [second, first]})
    bob.get(f"/v1/users/me/reviews?user_id={id_of(ann)}").refused(404, "not_found")


def test_staff_find_what_waits_longest_first() -> None:
    """R243, AP59, B172."""
    product_id, start, made = a_product(), clock.epoch("2026-01-31T12:00:00.000Z"), []
    for number in range(5):
        with time_machine.travel(start + number, tick=True):
            made.append(write(product_id))
    judge(made[1]).ok(200)
    judge(made[3], "rejected").ok(200)
    for staff in (support(), admin()):
        waiting = staff.get("/v1/admin/reviews?limit=2").ok(200)
        rest = staff.get(f"/v1/admin/reviews?limit=2&cursor={waiting['next_cursor']}").ok(200)
        assert ids(waiting) + ids(rest) == [made[i]["review_id"] for i in (0, 2, 4)]
        assert queue(staff, "?status=APPROVED") == [made[1]["review_id"]]
        assert queue(staff, "?status=rejected") == [made[3]["review_id"]]
    admin().get("/v1/admin/reviews?status=lost").refused(400, "invalid_parameter")


def test_reviews_are_hidden_with_their_product() -> None:
    """R234, R236, R239. The author and staff still see them."""
    sam, ann = user("sam", "seller"), user()
    product_id = a_product(sam)
    made = published(product_id, ann)
    deliver()
    change_status(product_id, "archived")
    deliver()
    for reader in (anyone(), user()):
        reader.get(f"/v1/products/{product_id}/reviews").refused(404, "not_found")
        reader.get(f"/v1/reviews/{made['review_id']}").refused(404, "not_found")
    vote(made, user()).refused(404, "not_found")
    assert read(made, ann)["status"] == "approved"
    for reader in (support(), sam):
        assert ids(reader.get(f"/v1/products/{product_id}/reviews").ok(200)) == [made["review_id"]]
    for status in ("inactive", "active"):
        change_status(product_id, status)
    deliver()
    assert ids(listed(product_id)) == [made["review_id"]]


def test_a_product_of_which_no_news_has_come_is_looked_up() -> None:
    """R234, B2, REV-03."""
    product_id = a_product()
    shown = listed(product_id)
    assert (shown["data"], shown["has_more"], shown["next_cursor"]) == ([], False, None)
    rating = {"product_id": product_id, "average": 0, "count": 0, "histogram": dict.fromkeys("12345", 0)}
    assert {name: shown["aggregate"][name] for name in rating} == rating
    anyone().get("/v1/products/none-such/reviews").refused(404, "not_found")
