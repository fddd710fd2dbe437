"""Products side by side (R94-R98; B92; AP26; CAT-10)."""

from typing import Any

import pytest

from catalog.store import comparisons as store
from tests.kit import Client, Reply, admin, anyone, user
from tests.service.catalog_kit import Json, a_product, seller, stock, support, tell

pytestmark = pytest.mark.usefixtures("shop")

ANN = user("ann")


def products(count: int = 2, **fields: Any) -> list[str]:
    return [a_product(sku=f"S{n}", name=f"Mug {n}", **fields)["product_id"] for n in range(count)]


def compare(product_ids: list[str], by: Client = ANN, **fields: Any) -> Reply:
    return by.post("/v1/comparisons", {"name": "Mugs", "product_ids": product_ids, **fields})


def names(by: Client, query: str = "") -> list[str]:
    return [comparison["name"] for comparison in by.get(f"/v1/comparisons{query}").ok(200)["data"]]


def test_products_are_put_side_by_side_in_their_order() -> None:
    one, two, three = products(3)
    made = compare([three, one])
    body = made.ok(201)
    path = f"/v1/comparisons/{body['id']}"
    assert made.headers["Location"] == path
    assert (body["name"], body["product_ids"], body["user_id"], made.etag) == ("Mugs", [three, one], "ann", '"1"')
    stock(one, None, 120, 1)
    shown = ANN.get(path)
    assert [product["sku"] for product in shown.ok(200)["products"]] == ["S2", "S0"]
    assert shown.body["products"][1] == anyone().get(f"/v1/products/{one}").ok(200)
    assert shown.body["products"][1]["stock_quantity"] == 99
    changed = ANN.patch(path, {"product_ids": [one, two, three]}, if_match='"1"').ok(200)
    assert (changed["name"], changed["product_ids"], changed["version"]) == ("Mugs", [one, two, three], 2)
    ANN.patch(path, {"name": "Cups"}, if_match='"1"').refused(412, "version_mismatch")
    ANN.patch(path, {"name": "Cups"}).refused(428, "if_match_required")
    ANN.patch(path, {"name": "Cups"}, if_match='"2"').ok(200)
    assert names(ANN) == ["Cups"]
    ANN.delete(path, if_match='"2"').refused(412, "version_mismatch")
    ANN.delete(path).refused(428, "if_match_required")
    ANN.delete(path, if_match='"3"').ok(204)
    ANN.get(path).refused(404, "not_found")
    assert names(ANN) == []


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"name": ""}, "/name", "string_too_short"),
        ({"name": "x" * 101}, "/name", "string_too_long"),
        ({"product_ids": ["a"]}, "/product_ids", "too_short"),
        ({"product_ids": ["a", "b/c"]}, "/product_ids/1", "string_pattern_mismatch"),
        ({"product_ids": ["a", "b", "a"]}, "/product_ids/2", "duplicate"),
        ({"product_ids": ["gone", "gone too"[:4] + "2"]}, "/product_ids/0", "unknown_product"),
        ({"colour": "red"}, "/colour", "extra_forbidden"),
    ],
)
def test_bad_input_is_422_with_a_pointer(change: Json, pointer: str, code: str) -> None:
    whole = products()
    comparison = compare(whole).ok(201)
    path = f"/v1/comparisons/{comparison['id']}"
    for answer in (
        ANN.post("/v1/comparisons", {"name": "Mugs", "product_ids": whole, **change}),
        ANN.patch(path, change, if_match='"1"'),
    ):
        found = [(e["pointer"], e["code"]) for e in answer.refused(422, "validation_failed")["errors"]]
        assert found == [(pointer, code)]
    assert ANN.get("/v1/comparisons").ok(200)["data"] == [comparison]


def test_at_most_ten_products_are_compared() -> None:
    ids = products(11)
    problem = compare(ids).refused(422, "too_many_products")
    assert problem["errors"][0]["pointer"] == "/product_ids"
    path = f"/v1/comparisons/{compare(ids[:10]).ok(201)['id']}"
    assert len(ANN.get(path).ok(200)["products"]) == 10
    ANN.patch(path, {"product_ids": ids}, if_match='"1"').refused(422, "too_many_products")


def test_what_is_no_longer_offered_is_left_out_and_may_stay() -> None:
    (one, two, three), draft = products(3), a_product(sku="D", name="Draft", status="draft", seller_id="seller-1")
    path = f"/v1/comparisons/{compare([one, two]).ok(201)['id']}"
    admin().delete(f"/v1/products/{one}", if_match='"1"').ok(204)
    assert [product["sku"] for product in ANN.get(path).ok(200)["products"]] == ["S1"]
    changed = ANN.patch(path, {"product_ids": [three, one, two]}, if_match='"1"').ok(200)
    assert changed["product_ids"] == [three, one, two]
    problem = compare([two, draft["product_id"]]).refused(422, "validation_failed")
    assert problem["errors"][0]["pointer"] == "/product_ids/1"
    compare([two, draft["product_id"]], seller()).ok(201)


def test_a_comparison_is_its_owners() -> None:
    comparison = compare(products()).ok(201)
    path = f"/v1/comparisons/{comparison['id']}"
    for stranger in (user("ben"), support(), admin()):
        stranger.get(path).refused(404, "not_found")
        stranger.patch(path, {"name": "Mine"}, if_match='"1"').refused(404, "not_found")
        stranger.delete(path, if_match='"1"').refused(404, "not_found")
        assert names(stranger) == []
    for staff in (support(), admin()):
        staff.get(f"{path}?user_id=ann").ok(200)
        assert names(staff, "?user_id=ann") == ["Mugs"]
    user("ben").get(f"{path}?user_id=ann").refused(404, "not_found")
    user("ben").get("/v1/comparisons?user_id=ann").refused(404, "not_found")
    anyone().get("/v1/comparisons").refused(401, "unauthenticated")
    assert {name: value for name, value in ANN.get(path).ok(200).items() if name != "products"} == comparison


def test_comparisons_are_listed_a_page_at_a_time() -> None:
    ids = products()
    for n in range(5):
        compare(ids, name=f"C{n}").ok(201)
    first = ANN.get("/v1/comparisons?limit=3").ok(200)
    rest = ANN.get(f"/v1/comparisons?limit=3&cursor={first['next_cursor']}").ok(200)
    assert sorted(c["name"] for c in first["data"] + rest["data"]) == [f"C{n}" for n in range(5)]
    assert (len(first["data"]), rest["has_more"]) == (3, False)


def test_the_same_key_makes_one_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    create, body = store.create, {"name": "Mugs", "product_ids": products()}

    def crash(*arguments: Any) -> None:
        create(*arguments)
        raise RuntimeError("the function died")

    with monkeypatch.context() as dying:
        dying.setattr(store, "create", crash)
        ANN.post("/v1/comparisons", body, idempotency_key="k").refused(500, "internal_error")
    made = ANN.post("/v1/comparisons", body, idempotency_key="k").ok(201)
    assert ANN.get("/v1/comparisons").ok(200)["data"] == [made]


def test_of_two_changes_of_one_version_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    path, save, rivals = f"/v1/comparisons/{compare(products()).ok(201)['id']}", store.save, ["Rival"]

    def overtaken(*arguments: Any) -> Any:
        if rivals:
            ANN.patch(path, {"name": rivals.pop()}, if_match='"1"').ok(200)
        return save(*arguments)

    monkeypatch.setattr(store, "save", overtaken)
    ANN.patch(path, {"name": "Slow"}, if_match='"1"').refused(412, "version_mismatch")
    assert names(ANN) == ["Rival"]


def test_a_deleted_user_has_no_comparisons_and_makes_none() -> None:
    """B75, E6."""
    ids = products()
    compare(ids).ok(201)
    compare(ids, user("ben")).ok(201)
    for _ in range(2):
        tell("user.deleted", "ann", 9, {"user_id": "ann"})
    assert (names(ANN), names(user("ben"))) == ([], ["Mugs"])
    compare(ids).refused(404, "not_found")
