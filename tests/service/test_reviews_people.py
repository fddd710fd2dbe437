"""Who wrote it, whether they bought it, and what stays when they leave (B168, B173, B75; E1, E6, E17, E53; AP61)."""

import random
from typing import Any

import pytest

from reviews.logic import hearing
from reviews.store import people, reviews, table
from reviews.store import questions as stored_questions
from shop.errors import Refusal
from shop.events.auth import UserCreated, UserDeleted
from shop.events.catalog import ProductUpdated
from shop.events.orders import OrderDelivered, OrderedItem
from shop.events.users import ProfileUpdated
from shop.money import Money
from tests.database import items
from tests.kit import Client, anyone, pending, user
from tests.service.reviews_kit import (
    Json,
    a_product,
    aggregate,
    edit,
    id_of,
    judge,
    listed,
    once_before,
    published,
    read,
    said,
    say,
    support,
    vote,
    write,
)

pytestmark = pytest.mark.usefixtures("shop")

AVATAR = "https://img.example.com/ann.jpg"


def delivered(client: Client, *product_ids: str, order_id: str = "order-1") -> Json:
    """The news that an order with these products has arrived."""
    price = Money(amount=1250, currency="USD")
    items = [
        OrderedItem(
            order_item_id=f"item-{number}",
            product_id=product_id,
            product_name="Mug",
            product_sku="MUG",
            quantity=1,
            unit_price=price,
            total_price=price,
            discount_amount=Money(amount=0, currency="USD"),
        )
        for number, product_id in enumerate(product_ids)
    ]
    event = OrderDelivered(
        order_id=order_id,
        order_number="ORD-1",
        user_id=id_of(client),
        items=items,
        delivered_at="2026-01-31T12:00:00.000Z",
    )
    return said(event, 5)


def created(client: Client, **fields: Any) -> Json:
    ann = {"email": "ann@example.com", "first_name": "Ann", "last_name": "Lee", "roles": ["customer"]}
    return said(UserCreated(user_id=id_of(client), **{**ann, **fields}))


def changed(client: Client, version: int, **fields: str | None) -> Json:
    return said(ProfileUpdated(user_id=id_of(client), changed=fields), version)


def leave(client: Client) -> None:
    say(UserDeleted(user_id=id_of(client)), version=9, times=2)


def is_verified(review: Json) -> tuple[bool, str | None]:
    found = read(review)
    return found["is_verified_purchase"], found["order_id"]


# --- verified purchases


def test_a_review_of_what_was_delivered_is_verified() -> None:
    """B168, REV-06, R235, E53."""
    ann, mug, cup = user(), a_product(), a_product()
    say(delivered(ann, mug, mug), times=2)
    assert is_verified(write(mug, ann)) == (True, "order-1")
    assert is_verified(write(cup, ann)) == (False, None)
    assert is_verified(write(mug, user())) == (False, None)


def test_the_order_the_customer_names_is_kept_and_proves_nothing() -> None:
    """B168, R235."""
    ann, product_id = user(), a_product()
    assert is_verified(write(product_id, user(), order_id="order-1")) == (False, "order-1")
    say(delivered(ann, product_id, order_id="order-1"))
    assert is_verified(write(product_id, ann, order_id="order-2")) == (True, "order-2")


def test_a_review_is_verified_when_the_parcel_comes_later() -> None:
    """B168. Its approval, and what others said of it, stay."""
    ann, product_id = user(), a_product()
    review = published(product_id, ann, rating=4)
    vote(review, user()).ok(200)
    before = read(review)
    for order_id in ("order-1", "order-2"):
        say(delivered(ann, product_id, order_id=order_id), times=2)
        news = {"is_verified_purchase": True, "order_id": "order-1", "version": before["version"] + 1}
        assert read(review) == {**before, **news, "updated_at": read(review)["updated_at"]}
    assert listed(product_id)["data"][0]["is_verified_purchase"]
    assert edit(read(review), ann, rating=1).ok(200)["is_verified_purchase"]


def test_the_next_review_of_a_purchase_is_verified_too() -> None:
    """B168."""
    ann, product_id = user(), a_product()
    review = write(product_id, ann)
    say(delivered(ann, product_id))
    ann.delete(f"/v1/reviews/{review['review_id']}", if_match=f'"{read(review)["version"]}"').ok(204)
    assert is_verified(write(product_id, ann)) == (True, "order-1")


def test_a_parcel_that_comes_while_the_review_is_written_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """B168. Whichever is written first, the other sees it."""
    ann, product_id = user(), a_product()
    once_before(monkeypatch, reviews, "create", lambda: say(delivered(ann, product_id)))
    assert is_verified(write(product_id, ann)) == (True, "order-1")


def test_a_review_that_is_written_while_the_parcel_is_noted_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """B168."""
    ann, product_id, written = user(), a_product(), []
    once_before(monkeypatch, reviews, "save_purchases", lambda: written.append(write(product_id, ann)))
    say(delivered(ann, product_id))
    assert is_verified(written[0]) == (True, "order-1")


def test_a_review_that_is_edited_while_the_parcel_is_noted_keeps_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """B168, R237."""
    ann, product_id = user(), a_product()
    review = write(product_id, ann)
    once_before(monkeypatch, reviews, "save_purchases", lambda: edit(review, ann, rating=2).ok(200))
    say(delivered(ann, product_id))
    assert (is_verified(review), read(review)["rating"]) == ((True, "order-1"), 2)


def test_an_order_that_was_noted_in_part_is_noted_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """B168, B6. The process ended between two of its products: the news comes again."""
    ann, mug, cup = user(), a_product(), a_product()
    news, written = delivered(ann, mug, cup), [write(mug, ann), write(cup, ann)]

    def dies() -> None:
        raise RuntimeError("the process ends")

    with monkeypatch.context() as patched:
        patched.setattr(hearing, "AT_ONCE", 1)
        once_before(patched, reviews, "save_purchases", dies, after=1)
        with pytest.raises(RuntimeError):
            say(news)
    say(news)
    assert [is_verified(review)[0] for review in written] == [True, True]


# --- names


def shown(review: Json) -> tuple[str | None, str | None]:
    details = read(review)["user_details"]
    return details["name"], details["avatar_url"]


def test_a_review_shows_who_wrote_it() -> None:
    """B173, E1, R235."""
    ann, product_id = user(), a_product()
    say(created(ann), times=2)
    review = published(product_id, ann)
    assert shown(review) == ("Ann Lee", None)
    assert listed(product_id)["data"][0]["user_details"] == {"name": "Ann Lee", "avatar_url": None}


def test_every_review_follows_the_profile() -> None:
    """B173, E17, B23."""
    ann, product_id = user(), a_product()
    first, second = published(product_id, ann), write(a_product(), ann)
    assert shown(first) == (None, None)
    say(created(ann))
    assert shown(first) == shown(second) == ("Ann Lee", None)
    say(changed(ann, 2, full_name="Ann Marie Lee", avatar_url=AVATAR), times=2)
    assert shown(first) == shown(second) == ("Ann Marie Lee", AVATAR)
    assert aggregate(product_id)["count"] == 1
    assert read(first)["status"] == "approved"
    version = read(first)["version"]
    say(changed(ann, 3, preferred_language="de"))
    assert read(first)["version"] == version
    assert shown(published(a_product())) == (None, None)


@pytest.mark.parametrize("seed", range(4))
def test_the_newest_profile_wins_in_whatever_order_it_is_told(seed: int) -> None:
    """B173, B7."""
    ann, told = user(), random.Random(seed)
    review = published(a_product(), ann)
    news = [
        created(ann),
        changed(ann, 2, first_name="Anna"),
        changed(ann, 3, last_name="Low", avatar_url=AVATAR),
        changed(ann, 4, first_name="Hannah", avatar_url=None),
    ] * 2
    told.shuffle(news)
    for event in news:
        say(event)
    assert shown(review) == ("Hannah Low", None)


def test_a_profile_that_changes_while_the_review_is_written_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """B173."""
    ann = user()
    say(created(ann))
    once_before(monkeypatch, reviews, "create", lambda: say(changed(ann, 2, first_name="Anna")))
    assert shown(write(a_product(), ann)) == ("Anna Lee", None)


def test_copies_that_were_renewed_in_part_are_renewed_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """B173, B6."""
    ann = user()
    written = [write(a_product(), ann) for _ in range(2)]
    news = created(ann)

    def dies() -> None:
        raise RuntimeError("the process ends")

    with monkeypatch.context() as patched:
        once_before(patched, reviews, "save", dies, after=1)
        with pytest.raises(RuntimeError):
            say(news)
    say(news)
    assert [shown(review) for review in written] == [("Ann Lee", None)] * 2


# --- products


def test_old_news_of_a_product_changes_nothing() -> None:
    """B7, B169."""
    product_id = a_product()
    published(product_id)

    def news(status: str) -> ProductUpdated:
        document = {"status": status, "is_visible": True, "seller_id": None}
        return ProductUpdated(product_id=product_id, product=document, changed_fields=["status"])

    say(news("archived"), version=5)
    say(news("active"), version=4)
    anyone().get(f"/v1/products/{product_id}/reviews").refused(404, "not_found")
    say(news("active"), version=6)
    assert len(listed(product_id)["data"]) == 1
    hidden = {"status": "active", "is_visible": False, "seller_id": None}
    say(ProductUpdated(product_id=product_id, product=hidden, changed_fields=["is_visible"]), version=7)
    anyone().get(f"/v1/products/{product_id}/reviews").refused(404, "not_found")


# --- leaving


def everything() -> str:
    """All that reviews keeps, as text."""
    unkept = ("outbox_event", "inbox_event")
    return str([row for row in items(table.name, "") if row["kind"]["S"] not in unkept])


def test_who_leaves_takes_everything_but_what_the_public_has_read() -> None:
    """B75, E6. Published words stay, without a trace of whose they were; the rating is as before."""
    ann, bob = user(), user()
    products = [a_product() for _ in range(3)]
    say(created(ann, first_name="Anneliese", last_name="Leeuwenhoek"))
    say(changed(ann, 2, avatar_url=AVATAR))
    say(delivered(ann, *products))
    picture = [{"url": "https://img.example.com/me.jpg", "alt": "me"}]
    public = published(products[0], ann, rating=4, comment="Round.", images=picture)
    waiting, rejected = write(products[1], ann), judge(write(products[2], ann), "rejected").ok(200)
    questions = [
        ann.post(f"/v1/products/{products[0]}/questions", {"question": text}).ok(201) for text in ("Blue?", "Red?")
    ]
    support().patch(f"/v1/questions/{questions[0]['id']}", {"is_approved": True}, if_match='"1"').ok(200)
    theirs = published(products[0], bob)
    vote(theirs, ann).ok(200)
    asked = bob.post(f"/v1/products/{products[0]}/questions", {"question": "Green?"}).ok(201)
    support().patch(f"/v1/questions/{asked['id']}", {"is_approved": True}, if_match='"1"').ok(200)
    ann.put(f"/v1/questions/{asked['id']}/votes/me").ok(204)
    before = aggregate(products[0])
    leave(ann)
    kept = read(public)
    assert (kept["comment"], kept["rating"], kept["status"]) == ("Round.", 4, "approved")
    assert (kept["user_id"], kept["order_id"], kept["images"]) == (None, None, [])
    assert kept["user_details"] == {"name": None, "avatar_url": None}
    assert aggregate(products[0]) == before
    for gone in (waiting, rejected):
        support().get(f"/v1/reviews/{gone['review_id']}").refused(404, "not_found")
    assert support().get(f"/v1/questions/{questions[0]['id']}").ok(200)["user_id"] is None
    support().get(f"/v1/questions/{questions[1]['id']}").refused(404, "not_found")
    assert (read(theirs)["helpful_count"], anyone().get(f"/v1/questions/{asked['id']}").ok()["upvotes"]) == (0, 0)
    for secret in ("Anneliese", "Leeuwenhoek", AVATAR, "me.jpg"):
        assert secret not in everything()
    assert everything().count(id_of(ann)) == 2  # the mark that they are gone: its key, and whose it is
    judge(public, "rejected").ok(200)
    assert aggregate(products[0])["count"] == 1


def test_who_has_left_writes_no_more() -> None:
    """B75. Nor does late news bring anything of them back."""
    ann, product_id = user(), a_product()
    leave(ann)
    ann.post(f"/v1/products/{product_id}/reviews", {"rating": 5}).refused(401, "session_ended")
    ann.post(f"/v1/products/{product_id}/questions", {"question": "?"}).refused(401, "session_ended")
    before = everything()
    for news in (created(ann, first_name="Anneliese"), changed(ann, 12, full_name="Anneliese"), delivered(ann, "p")):
        say(news)
    assert everything() == before


@pytest.mark.parametrize("kind", ["review", "question"])
def test_who_leaves_while_they_write_leaves_nothing(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """B75."""
    ann, product_id = user(), a_product()
    module = reviews if kind == "review" else stored_questions
    once_before(monkeypatch, module, "create", lambda: leave(ann))
    body = {"rating": 5} if kind == "review" else {"question": "?"}
    ann.post(f"/v1/products/{product_id}/{kind}s", body).refused(401, "session_ended")
    assert product_id not in everything()


def test_a_purchase_that_is_noted_while_they_leave_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """B75, B168."""
    ann, product_id = user(), a_product()
    once_before(monkeypatch, reviews, "save_purchases", lambda: leave(ann))
    say(delivered(ann, product_id))
    assert people.purchase(id_of(ann), product_id) is None
    assert product_id not in everything()


def test_an_erasure_that_was_interrupted_is_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    """B75, B6."""
    ann = user()
    say(created(ann))
    written = [published(a_product(), ann) for _ in range(3)]
    news = said(UserDeleted(user_id=id_of(ann)), 9)

    def dies() -> None:
        raise Refusal(503, "unavailable")

    with monkeypatch.context() as patched:
        once_before(patched, reviews, "save", dies, after=1)
        with pytest.raises(Refusal):
            say(news)
    say(news)
    assert [read(review)["user_id"] for review in written] == [None] * 3


def test_an_erasure_races_with_a_judgement(monkeypatch: pytest.MonkeyPatch) -> None:
    """B75, B170. What is approved in the last moment is public, and stays without its author."""
    ann, product_id = user(), a_product()
    review = write(product_id, ann, rating=2)
    once_before(monkeypatch, reviews, "remove", lambda: judge(review).ok(200))
    leave(ann)
    assert (read(review)["user_id"], aggregate(product_id)["average"]) == (None, 2)
    assert not [kind for kind, _ in pending("reviews") if kind == "review.deleted"]
