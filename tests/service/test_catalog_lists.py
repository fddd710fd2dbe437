"""Products as they are read: one by one from the cache, and in lists.

R68, R70-R72; B77, B78, B87, B88, B94; AP21-AP23; B34; CAT-12.
"""

from typing import Any

import pytest
import time_machine

from catalog.store import products as shelf
from shop import clock
from shop.table import Table
from tests.kit import admin, anyone, user
from tests.service.catalog_kit import a_product, listed, money, patch, seller, support

pytestmark = pytest.mark.usefixtures("shop")


def test_drafts_and_hidden_products_are_for_those_who_run_them() -> None:
    draft = a_product(seller(), status="draft")["product_id"]
    hidden = a_product(seller(), sku="HID", name="Hidden", is_visible=False)["product_id"]
    for product_id, sku in ((draft, "MUG"), (hidden, "HID")):
        for path in (product_id, f"by-sku/{sku}", f"{product_id}/variants", f"{product_id}/images"):
            anyone().get(f"/v1/products/{path}").refused(404, "not_found")
            user("buyer").get(f"/v1/products/{path}").refused(404, "not_found")
            seller("seller-2").get(f"/v1/products/{path}").refused(404, "not_found")
            for staff in (admin(), support(), seller()):
                staff.get(f"/v1/products/{path}").ok(200)
        anyone().get(f"/v1/products/{product_id}/price-history").refused(404, "not_found")
    assert listed() == []
    assert sorted(listed(by=admin())) == ["HID", "MUG"]
    assert listed("?status=DRAFT", admin()) == ["MUG"]
    assert listed("?seller=seller-1") == []
    assert sorted(listed("?seller=seller-1", seller())) == ["HID", "MUG"]
    assert listed("?seller=seller-1&status=draft", seller()) == ["MUG"]
    anyone().get("/v1/products?status=draft").refused(403, "forbidden")
    anyone().get("/v1/products/nothing").refused(404, "not_found")
    anyone().get(f"/v1/products/{'x' * 3000}").refused(404, "not_found")
    anyone().get(f"/v1/products/by-slug/{'x' * 3000}").refused(404, "not_found")


def test_products_are_listed_newest_first_across_all_shards() -> None:
    for n in range(12):
        a_product(sku=f"S{n:02}", name=f"Mug {n}", is_featured=n % 2 == 0, tags=["even" if n % 2 == 0 else "odd"])
    newest = [f"S{n:02}" for n in reversed(range(12))]
    for query, expected in (("", newest), ("&tag=EVEN", newest[1::2]), ("&featured=true", newest[1::2])):
        seen: list[str] = []
        cursor = ""
        while True:
            page = anyone().get(f"/v1/products?limit=5{query}{cursor}").ok()
            seen += [product["sku"] for product in page["data"]]
            if not page["has_more"]:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert seen == expected
    first = anyone().get("/v1/products?limit=5").ok()
    anyone().get(f"/v1/products?limit=5&tag=odd&cursor={first['next_cursor']}").refused(400, "invalid_cursor")
    anyone().get("/v1/products?limit=101").refused(400, "invalid_parameter")
    anyone().get("/v1/products?sort=price").refused(400, "invalid_parameter")
    anyone().get("/v1/products?color=red").refused(400, "invalid_parameter")


def test_a_sellers_products_are_listed_by_status() -> None:
    for n in range(9):
        a_product(seller(), sku=f"S{n}", name=f"Mug {n}", status="active" if n % 3 else "draft", is_visible=n != 8)
    a_product(seller("seller-2"), sku="OTHER", name="Other")
    drafts, shown = ["S6", "S3", "S0"], ["S7", "S5", "S4", "S2", "S1"]
    assert listed("?seller=seller-1&limit=5") == listed("?seller=seller-1&limit=5", seller("seller-2")) == shown
    for by in (seller(), support(), admin()):
        assert listed("?seller=seller-1", by) == ["S8", "S7", "S6", "S5", "S4", "S3", "S2", "S1", "S0"]
        assert listed("?seller=seller-1&status=draft", by) == drafts
        assert listed("?seller=seller-1&status=active", by) == ["S8", *shown]
    seller("seller-2").get("/v1/products?seller=seller-1&status=draft").refused(403, "forbidden")
    patched = admin().get("/v1/products/by-sku/S7").ok(200)["product_id"]
    seller().post(f"/v1/products/{patched}/status-changes", {"status": "archived"}).ok(200)
    assert listed("?seller=seller-1") == shown[1:]
    assert listed("?seller=seller-1&status=archived", seller()) == ["S7"]


def test_filters_narrow_one_another() -> None:
    kitchen = admin().post("/v1/categories", {"name": "Kitchen"}).ok(201)["category_id"]
    a_product(sku="A", category_ids=[kitchen], tags=["red"], is_featured=True)
    a_product(sku="B", category_ids=[kitchen], tags=["red"])
    a_product(sku="C", tags=["red"])
    a_product(sku="D", category_ids=[kitchen], tags=["red"], status="draft")
    assert sorted(listed(f"?category={kitchen}")) == ["A", "B"]
    assert sorted(listed(f"?category={kitchen}&tag=red")) == ["A", "B"]
    assert listed(f"?category={kitchen}&tag=red&featured=true") == ["A"]
    assert listed(f"?category={kitchen}&status=draft", admin()) == ["D"]
    assert sorted(listed("?tag=red", admin())) == ["A", "B", "C", "D"]


def test_a_list_shows_what_a_shopper_looks_for() -> None:
    a_product(images=[{"url": "https://x/2", "sort_order": 2}, {"url": "https://x/1", "sort_order": 1}])
    (summary,) = anyone().get("/v1/products").ok()["data"]
    assert (summary["name"], summary["price"], summary["image_url"]) == ("Mug", money(1250), "https://x/1")
    assert "edition" not in summary
    assert "operation" not in summary


def test_a_cached_product_costs_one_read_and_no_change_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    product_id = a_product()["product_id"]
    path = f"/v1/products/{product_id}"
    calls: list[str] = []
    call = Table.call

    def counted(self: Table, what: Any) -> Any:
        calls.append("call")
        return call(self, what)

    anyone().get(path).ok()
    monkeypatch.setattr(Table, "call", counted)
    assert anyone().get(path).ok()["name"] == "Mug"
    assert calls == ["call"]
    patch(product_id, {"name": "Cup"})
    assert anyone().get(path).ok()["name"] == "Cup"
    admin().put(f"{path}/tags/new").ok(204)
    assert anyone().get(path).ok()["tags"] == ["new"]


def test_a_reader_overtaken_by_a_change_does_not_cache_what_it_read(monkeypatch: pytest.MonkeyPatch) -> None:
    product_id = a_product()["product_id"]
    path = f"/v1/products/{product_id}"
    fill, rivals = shelf.fill_cache, ["Cup"]

    def overtaken(document: Any) -> None:
        if rivals:
            patch(product_id, {"name": rivals.pop()}, version=1)
        fill(document)

    monkeypatch.setattr(shelf, "fill_cache", overtaken)
    assert anyone().get(path).ok()["name"] == "Mug"
    assert anyone().get(path).ok()["name"] == "Cup"
    assert anyone().get(path).ok()["name"] == "Cup"


def test_an_old_cache_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"/v1/products/{a_product()['product_id']}"
    anyone().get(path).ok()
    finds: list[str] = []
    find = shelf.find

    def noted(product_id: str) -> Any:
        finds.append(product_id)
        return find(product_id)

    monkeypatch.setattr(shelf, "find", noted)
    with time_machine.travel(clock.epoch(clock.after(3601)), tick=True):
        anyone().get(path).ok()
        assert len(finds) == 1
        anyone().get(path).ok()
        assert len(finds) == 1
