"""Products that change: by whom, from which version, and what is remembered and told of it.

R73-R75, R88; B76-B81, B94; AP26; E22-E24; CAT-07.
"""

from typing import Any

import pytest

from catalog.logic import changing
from catalog.model.listing import Listing
from catalog.model.product import CATEGORIES_MAX, TAGS_MAX, VARIANTS_MAX, CategoryLink, Product, Tag, Variant
from catalog.store import writing
from shop.money import Money
from shop.table import MAX_ACTIONS, Transaction
from tests.kit import admin, anyone, user
from tests.service.catalog_kit import Json, a_product, listed, money, mug, patch, said, seller

pytestmark = pytest.mark.usefixtures("shop")

USD = Money(amount=1, currency="USD")


def test_a_product_moves_between_its_statuses_and_is_published_once() -> None:
    path = f"/v1/products/{a_product(status='draft')['product_id']}"

    def move(status: str, **also: Any) -> Any:
        return admin().post(f"{path}/status-changes", {"status": status, **also})

    move("inactive").refused(422, "invalid_transition")
    published = move("ACTIVE").ok(200)["published_at"]
    assert published
    anyone().get(path).ok(200)
    move("inactive").ok(200)
    anyone().get(path).refused(404, "not_found")
    assert move("active").ok(200)["published_at"] == published
    before = admin().get(path).ok()["version"]
    assert move("active").ok(200)["version"] == before
    assert move("active", is_visible=False).ok(200)["is_visible"] is False
    anyone().get(path).refused(404, "not_found")
    admin().delete(path, if_match=f'"{before}"').refused(412, "version_mismatch")
    admin().delete(path, if_match=admin().get(path).etag).ok(204)
    assert admin().get(path).ok()["status"] == "archived"
    move("active").refused(422, "invalid_transition")
    move("nowhere").refused(422, "validation_failed")
    changes = [(e["was"], e["status"], e["is_visible"]) for e in said("product.status_changed")]
    assert changes == [
        ("draft", "active", True),
        ("active", "inactive", True),
        ("inactive", "active", True),
        ("active", "active", False),
        ("active", "archived", False),
    ]


def test_a_change_needs_the_version_that_was_read() -> None:
    product_id = a_product()["product_id"]
    path = f"/v1/products/{product_id}"
    admin().patch(path, {"name": "Cup"}).refused(428, "if_match_required")
    changed = admin().patch(path, {"name": "Cup", "brand": {"name": "Acme"}}, if_match='"1"').ok(200)
    assert (changed["name"], changed["slug"], changed["brand"]["name"], changed["version"]) == ("Cup", "mug", "Acme", 2)
    admin().patch(path, {"name": "Glass"}, if_match='"1"').refused(412, "version_mismatch")
    admin().patch(path, {"name": "Glass"}, if_match='"99"').refused(412, "version_mismatch")
    assert anyone().get(path).ok() == changed
    assert patch(product_id, {"name": "Cup"})["version"] == 2
    (event,) = said("product.updated")
    assert (event["changed_fields"], event["product"]) == (["name", "brand"], changed)


def test_any_change_of_its_parts_is_a_change_of_the_product() -> None:
    path = f"/v1/products/{a_product()['product_id']}"
    admin().put(f"{path}/tags/new").ok(204)
    admin().patch(path, {"name": "Cup"}, if_match='"1"').refused(412, "version_mismatch")
    admin().patch(path, {"name": "Cup"}, if_match='"2"').ok(200)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": None}, "/name"),
        ({"price": None}, "/price"),
        ({"status": "active"}, "/status"),
        ({"price": money(1, "EUR")}, "/price"),
        ({"price": money(3000)}, "/compare_at_price"),
        ({"price": money(1), "compare_at_price": None}, "/price"),
        ({"is_featured": None}, "/is_featured"),
    ],
)
def test_a_bad_change_changes_nothing(change: Json, pointer: str) -> None:
    product = a_product(compare_at_price=money(2000), variants=[{"sku": "V", "price_adjustment": money(-100)}])
    path = f"/v1/products/{product['product_id']}"
    answer = admin().patch(path, change, if_match='"1"')
    assert [e["pointer"] for e in answer.refused(422, answer.body["code"])["errors"]] == [pointer]
    assert admin().get(path).ok() == product


def test_a_new_sku_and_slug_free_the_old_ones() -> None:
    product_id = a_product()["product_id"]
    a_product(sku="TAKEN", name="Taken")
    path = f"/v1/products/{product_id}"
    admin().patch(path, {"sku": "TAKEN"}, if_match='"1"').refused(409, "sku_taken")
    admin().patch(path, {"slug": "taken"}, if_match='"1"').refused(409, "slug_taken")
    patch(product_id, {"sku": "CUP", "slug": "cup"})
    assert anyone().get("/v1/products/by-sku/CUP").ok() == anyone().get("/v1/products/by-slug/cup").ok()
    anyone().get("/v1/products/by-sku/MUG").refused(404, "not_found")
    anyone().get("/v1/products/by-slug/mug").refused(404, "not_found")
    assert a_product()["slug"] == "mug"


def test_every_price_that_is_set_is_in_the_history_with_who_and_why() -> None:
    product = a_product(variants=[{"sku": "OWN", "price": money(900)}, {"sku": "MORE", "price_adjustment": money(50)}])
    path, (own, more) = f"/v1/products/{product['product_id']}", product["variants"]
    changed = patch(product["product_id"], {"price": money(1000), "compare_at_price": money(1250), "reason": "sale"})
    assert changed["is_on_sale"]
    assert [v["effective_price"] for v in changed["variants"]] == [money(900), money(1050)]
    variant = f"{path}/variants/{own['variant_id']}"
    admin().patch(variant, {"price": money(800), "reason": "too dear"}, if_match='"2"').ok(200)
    rows = admin().get(f"{path}/price-history").ok()["data"]
    assert [(r["variant_id"], r["price"]["amount"], r["changed_by"], r["reason"]) for r in rows] == [
        (own["variant_id"], 800, "admin-1", "too dear"),
        (None, 1000, "admin-1", "sale"),
        (None, 1250, "admin-1", None),
    ]
    assert rows[1]["compare_at_price"] == money(1250)
    public = anyone().get(f"{path}/price-history").ok()["data"]
    assert [(r["price"], r["changed_by"], r["reason"]) for r in public] == [(r["price"], None, None) for r in rows]
    told = {e["variant_id"]: (e["old_price"]["amount"], e["price"]["amount"]) for e in said("product.price_changed")}
    assert told == {None: (1250, 1000), more["variant_id"]: (1300, 1050), own["variant_id"]: (900, 800)}
    assert len(said("product.price_changed")) == 3
    first = anyone().get(f"{path}/price-history?limit=2").ok()
    last = anyone().get(f"{path}/price-history?limit=2&cursor={first['next_cursor']}").ok()
    assert [r["price"]["amount"] for r in first["data"] + last["data"]] == [800, 1000, 1250]
    assert not last["has_more"]


def test_parts_have_their_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.model.listing.VARIANTS_MAX", 1)
    monkeypatch.setattr("catalog.model.listing.IMAGES_MAX", 1)
    monkeypatch.setattr("catalog.model.listing.TAGS_MAX", 1)
    path = (
        f"/v1/products/{a_product(variants=[{'sku': 'V'}], tags=['t'], images=[{'url': 'https://x/1'}])['product_id']}"
    )
    admin().post(f"{path}/variants", {"sku": "W"}).refused(422, "variant_limit")
    admin().post(f"{path}/images", {"url": "https://x/2"}).refused(422, "image_limit")
    admin().put(f"{path}/tags/u").refused(422, "tag_limit")


def test_the_largest_changes_fit_one_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """A price that every variant follows; and a status that every tag and category follows."""
    product = Product(product_id="p", sku="P", name="P", slug="p", price=USD, currency="USD", is_featured=True)
    owner = {"product_id": "p"}
    listing = Listing(
        product=product,
        variants=[
            Variant(**owner, variant_id=f"v{n}", sku=f"V{n}", position=n, price_adjustment=USD)
            for n in range(VARIANTS_MAX)
        ],
        tags=[Tag(**owner, tag=f"t{n}", position=n, product_created_at="now") for n in range(TAGS_MAX)],
        links=[
            CategoryLink(
                **owner,
                category_id=f"c{n}",
                name="c",
                slug="c",
                position=n,
                category_version=1,
                product_created_at="now",
            )
            for n in range(CATEGORIES_MAX)
        ],
    ).settled()
    sizes: list[int] = []
    monkeypatch.setattr(Transaction, "commit", lambda self, cause: sizes.append(len(self.writes)))
    dearer = product.but(price=Money(amount=2, currency="USD"), sku="Q", slug="q", is_featured=False)
    changing.write(listing, listing.but(product=dearer), "admin-1", "why")
    changing.write(listing, listing.but(product=product.but(status="active")), "admin-1")
    assert len(sizes) == 2
    assert max(sizes) <= MAX_ACTIONS


def test_a_document_has_a_largest_size() -> None:
    many = {str(n): "é" * 150 for n in range(50)}
    variants = [{"sku": f"V{n}", "attributes": many} for n in range(12)]
    admin().post("/v1/products", mug(variants=variants)).refused(422, "document_too_large")
    product_id = a_product(variants=variants[:11])["product_id"]
    admin().post(f"/v1/products/{product_id}/variants", variants[11]).refused(422, "document_too_large")
    assert len(anyone().get(f"/v1/products/{product_id}/variants").ok()["data"]) == 11


def test_a_seller_keeps_only_their_own_products() -> None:
    made = a_product(seller())
    assert made["seller_id"] == "seller-1"
    path = f"/v1/products/{made['product_id']}"
    variant = {"sku": "V"}
    for stranger in (seller("seller-2"), seller("seller-3")):
        stranger.patch(path, {"name": "Mine"}, if_match='"1"').refused(404, "not_found")
        stranger.delete(path, if_match='"1"').refused(404, "not_found")
        stranger.post(f"{path}/status-changes", {"status": "inactive"}).refused(404, "not_found")
        stranger.post(f"{path}/variants", variant).refused(404, "not_found")
        stranger.post(f"{path}/images", {"url": "https://x/1"}).refused(404, "not_found")
        stranger.put(f"{path}/tags/t").refused(404, "not_found")
        stranger.put(f"{path}/categories/c").refused(404, "not_found")
    seller().patch(path, {"name": "Cup"}, if_match='"1"').ok(200)
    admin().patch(path, {"name": "Mug"}, if_match='"2"').ok(200)
    admins = a_product(sku="ADMINS", seller_id="seller-2")
    assert admins["seller_id"] == "seller-2"
    seller().patch(f"/v1/products/{admins['product_id']}", {"name": "x"}, if_match='"1"').refused(404, "not_found")
    problem = seller().post("/v1/products", mug(sku="S", seller_id="seller-2")).refused(422, "validation_failed")
    assert problem["errors"][0]["pointer"] == "/seller_id"
    for client, status, code in ((anyone(), 401, "unauthenticated"), (user(), 403, "forbidden")):
        client.post("/v1/products", mug(sku="S")).refused(status, code)
        client.patch(path, {"name": "x"}, if_match='"3"').refused(status, code)


def test_flags_and_badges_are_the_admins() -> None:
    path = f"/v1/products/{a_product(seller())['product_id']}"
    for flag in ({"is_featured": True}, {"badges": ["hot"]}, {"is_bestseller": True}, {"is_new_arrival": True}):
        seller().post("/v1/products", mug(sku="S", **flag)).refused(403, "forbidden")
        seller().patch(path, flag, if_match='"1"').refused(403, "forbidden")
        seller("seller-2").patch(path, flag, if_match='"1"').refused(404, "not_found")
    changed = admin().patch(path, {"is_featured": True, "badges": ["hot"]}, if_match='"1"').ok(200)
    assert (changed["is_featured"], changed["badges"]) == (True, ["hot"])
    assert listed("?featured=true") == ["MUG"]
    admin().patch(path, {"is_featured": False}, if_match='"2"').ok(200)
    assert listed("?featured=true") == []
    assert listed("?featured=false") == ["MUG"]


def test_two_changes_at_once_without_a_version_both_happen(monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"/v1/products/{a_product()['product_id']}"
    save, rivals = writing.save, ["first"]

    def overtaken(*arguments: Any) -> None:
        if rivals:
            admin().put(f"{path}/tags/{rivals.pop()}").ok(204)
        save(*arguments)

    monkeypatch.setattr(writing, "save", overtaken)
    admin().put(f"{path}/tags/second").ok(204)
    assert anyone().get(path).ok()["tags"] == ["first", "second"]


def test_of_two_changes_of_one_version_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    product_id = a_product()["product_id"]
    save, rivals = writing.save, ["Rival"]

    def overtaken(*arguments: Any) -> None:
        if rivals:
            patch(product_id, {"name": rivals.pop()}, version=1)
        save(*arguments)

    monkeypatch.setattr(writing, "save", overtaken)
    admin().patch(f"/v1/products/{product_id}", {"name": "Slow"}, if_match='"1"').refused(412, "version_mismatch")
    assert anyone().get(f"/v1/products/{product_id}").ok()["name"] == "Rival"
