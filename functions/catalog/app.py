"""The doors into the catalog: what the shop offers, and under which headings."""

from catalog.logic import (
    alerts,
    browsing,
    categories,
    comparisons,
    counting,
    lines,
    parts,
    products,
    reading,
    transfers,
)
from catalog.model.alerts import AlertUnit, StockAlert, WhichAlert
from catalog.model.browsing import ReadProducts, WhichProducts
from catalog.model.category import CategoryDocument
from catalog.model.comparisons import ChangeComparison, Comparison, NewComparison, SideBySide
from catalog.model.document import ImageDocument, ProductDocument, VariantDocument
from catalog.model.lines import Lines, Looked
from catalog.model.product import PriceChange, Summary
from catalog.model.requests import (
    CategoryList,
    ChangeCategory,
    ChangeImage,
    ChangeProduct,
    ChangeStatus,
    ChangeVariant,
    LinkCategory,
    NewCategory,
    NewImage,
    NewProduct,
    NewVariant,
    ProductList,
)
from catalog.model.transfers import ExportView, ImportView, NewExport, NewImport
from catalog.model.views import NoteView, ProductView, ViewList
from catalog.store import alerts as stored_alerts
from catalog.store import comparisons as stored_comparisons
from catalog.store.keys import table
from shop.api import ADMIN, CUSTOMER, PUBLIC, SELLER, Answer, Api, OperationId, Version
from shop.auth import Caller
from shop.pages import Page, Paging, Whose, WhosePaging

app = Api("catalog", table)


def _kept(shown: ProductDocument, caller: Caller) -> Answer[ProductDocument]:
    """The public's browsers may keep a product for a minute; whoever runs it always sees the latest."""
    headers = {"Cache-Control": "no-store" if caller.may_see(shown.seller_id) else "max-age=60"}
    return Answer(shown, headers=headers)


@app.route("/products", who=PUBLIC)
def list_products(query: ProductList, caller: Caller) -> Page[Summary]:
    return reading.products(query, caller)


@app.route("/products", methods=["POST"], who=SELLER, status=201, location="/products/{product_id}")
def create_product(body: NewProduct, operation: OperationId, caller: Caller) -> ProductDocument:
    return products.create(body, operation, caller)


@app.route("/products/{product_id}", who=PUBLIC)
def get_product(product_id: str, caller: Caller) -> Answer[ProductDocument]:
    return _kept(reading.product(product_id, caller), caller)


@app.route("/products/by-slug/{slug}", who=PUBLIC)
def get_product_by_slug(slug: str, caller: Caller) -> Answer[ProductDocument]:
    return _kept(reading.product_by_slug(slug, caller), caller)


@app.route("/products/by-sku/{sku}", who=PUBLIC)
def get_product_by_sku(sku: str, caller: Caller) -> Answer[ProductDocument]:
    return _kept(reading.product_by_sku(sku, caller), caller)


@app.route("/products/{product_id}", methods=["PATCH"], who=SELLER, if_match=True)
def change_product(product_id: str, version: Version, body: ChangeProduct, caller: Caller) -> ProductDocument:
    return products.edit(product_id, version, body, caller)


@app.route("/products/{product_id}", methods=["DELETE"], who=SELLER, if_match=True)
def archive_product(product_id: str, version: Version, caller: Caller) -> None:
    products.archive(product_id, version, caller)


@app.route("/products/{product_id}/status-changes", methods=["POST"], who=SELLER)
def change_status(product_id: str, body: ChangeStatus, caller: Caller) -> ProductDocument:
    return products.set_status(product_id, body, caller)


@app.route("/products/{product_id}/variants", who=PUBLIC)
def list_variants(product_id: str, query: Paging, caller: Caller) -> Page[VariantDocument]:
    return reading.variants(product_id, query, caller)


@app.route(
    "/products/{product_id}/variants",
    methods=["POST"],
    who=SELLER,
    status=201,
    location="/products/{product_id}/variants/{variant_id}",
)
def create_variant(product_id: str, body: NewVariant, operation: OperationId, caller: Caller) -> VariantDocument:
    return parts.add_variant(product_id, body, operation, caller)


@app.route("/products/{product_id}/variants/{variant_id}", methods=["PATCH"], who=SELLER, if_match=True)
def change_variant(
    product_id: str, variant_id: str, version: Version, body: ChangeVariant, caller: Caller
) -> VariantDocument:
    return parts.change_variant(product_id, variant_id, version, body, caller)


@app.route("/products/{product_id}/variants/{variant_id}", methods=["DELETE"], who=SELLER, if_match=True)
def delete_variant(product_id: str, variant_id: str, version: Version, caller: Caller) -> None:
    parts.remove_variant(product_id, variant_id, version, caller)


@app.route("/products/{product_id}/images", who=PUBLIC)
def list_images(product_id: str, query: Paging, caller: Caller) -> Page[ImageDocument]:
    return reading.images(product_id, query, caller)


@app.route(
    "/products/{product_id}/images",
    methods=["POST"],
    who=SELLER,
    status=201,
    location="/products/{product_id}/images/{id}",
)
def create_image(product_id: str, body: NewImage, image_id: OperationId, caller: Caller) -> ImageDocument:
    return parts.add_image(product_id, body, image_id, caller)


@app.route("/products/{product_id}/images/{image_id}", methods=["PATCH"], who=SELLER)
def change_image(product_id: str, image_id: str, body: ChangeImage, caller: Caller) -> ImageDocument:
    return parts.change_image(product_id, image_id, body, caller)


@app.route("/products/{product_id}/images/{image_id}", methods=["DELETE"], who=SELLER)
def delete_image(product_id: str, image_id: str, caller: Caller) -> None:
    parts.remove_image(product_id, image_id, caller)


@app.route("/products/{product_id}/categories/{category_id}", methods=["PUT"], who=SELLER)
def link_category(product_id: str, category_id: str, body: LinkCategory, caller: Caller) -> None:
    parts.link_category(product_id, category_id, body, caller)


@app.route("/products/{product_id}/categories/{category_id}", methods=["DELETE"], who=SELLER)
def unlink_category(product_id: str, category_id: str, caller: Caller) -> None:
    parts.unlink_category(product_id, category_id, caller)


@app.route("/products/{product_id}/tags/{tag}", methods=["PUT"], who=SELLER)
def add_tag(product_id: str, tag: str, caller: Caller) -> None:
    parts.add_tag(product_id, tag, caller)


@app.route("/products/{product_id}/tags/{tag}", methods=["DELETE"], who=SELLER)
def remove_tag(product_id: str, tag: str, caller: Caller) -> None:
    parts.remove_tag(product_id, tag, caller)


@app.route("/products/{product_id}/price-history", who=PUBLIC)
def list_prices(product_id: str, query: Paging, caller: Caller) -> Page[PriceChange]:
    return reading.prices(product_id, query, caller)


@app.route("/products/{product_id}/views", methods=["POST"], who=PUBLIC, status=202)
def view_product(product_id: str, body: NoteView, operation: OperationId, caller: Caller) -> None:
    counting.view(product_id, body, operation, caller)


@app.route("/products/{product_id}/views", who=ADMIN)
def list_views(product_id: str, query: ViewList) -> Page[ProductView]:
    return counting.views(product_id, query)


@app.route(
    "/products/{product_id}/stock-alerts",
    methods=["POST"],
    who=CUSTOMER,
    status=201,
    location="/products/{product_id}/stock-alerts",
)
def create_stock_alert(product_id: str, body: AlertUnit, operation: OperationId, caller: Caller) -> StockAlert:
    return alerts.subscribe(product_id, body, operation, caller)


@app.route("/products/{product_id}/stock-alerts", methods=["DELETE"], who=CUSTOMER)
def delete_stock_alert(product_id: str, body: AlertUnit, query: WhichAlert, caller: Caller) -> None:
    alerts.cancel(product_id, body.variant_id or query.variant_id, caller)


@app.route("/stock-alerts", who=CUSTOMER)
def list_stock_alerts(query: WhosePaging, caller: Caller) -> Page[StockAlert]:
    return stored_alerts.of_user(caller.whose(query.user_id), query)


@app.route("/comparisons", who=CUSTOMER)
def list_comparisons(query: WhosePaging, caller: Caller) -> Page[Comparison]:
    return stored_comparisons.of_user(caller.whose(query.user_id), query)


@app.route("/comparisons", methods=["POST"], who=CUSTOMER, status=201, location="/comparisons/{id}")
def create_comparison(body: NewComparison, operation: OperationId, caller: Caller) -> Comparison:
    return comparisons.create(body, operation, caller)


@app.route("/comparisons/{comparison_id}", who=CUSTOMER)
def get_comparison(comparison_id: str, query: Whose, caller: Caller) -> SideBySide:
    return comparisons.side_by_side(caller.whose(query.user_id), comparison_id, caller)


@app.route("/comparisons/{comparison_id}", methods=["PATCH"], who=CUSTOMER, if_match=True)
def change_comparison(comparison_id: str, version: Version, body: ChangeComparison, caller: Caller) -> Comparison:
    return comparisons.change(comparison_id, version, body, caller)


@app.route("/comparisons/{comparison_id}", methods=["DELETE"], who=CUSTOMER, if_match=True)
def delete_comparison(comparison_id: str, version: Version, caller: Caller) -> None:
    comparisons.delete(comparison_id, version, caller)


@app.route("/categories", who=PUBLIC)
def list_categories(query: CategoryList, caller: Caller) -> Page[CategoryDocument]:
    return categories.categories(query, caller)


@app.route("/categories", methods=["POST"], who=ADMIN, status=201, location="/categories/{category_id}")
def create_category(body: NewCategory, operation: OperationId) -> CategoryDocument:
    return categories.create(body, operation)


@app.route("/categories/{category_id}", who=PUBLIC)
def get_category(category_id: str, caller: Caller) -> CategoryDocument:
    return categories.get(category_id, caller)


@app.route("/categories/by-slug/{slug}", who=PUBLIC)
def get_category_by_slug(slug: str, caller: Caller) -> CategoryDocument:
    return categories.by_slug(slug, caller)


@app.route("/categories/{category_id}", methods=["PATCH"], who=ADMIN, if_match=True)
def change_category(category_id: str, version: Version, body: ChangeCategory) -> CategoryDocument:
    return categories.edit(category_id, version, body)


@app.route("/categories/{category_id}", methods=["DELETE"], who=ADMIN, if_match=True)
def delete_category(category_id: str, version: Version) -> None:
    categories.delete(category_id, version)


@app.route("/product-imports", methods=["POST"], who=ADMIN, status=201, location="/product-imports/{import_id}")
def begin_import(body: NewImport, operation: OperationId, caller: Caller) -> ImportView:
    return transfers.begin_import(body, operation, caller)


@app.route("/product-imports", who=ADMIN)
def list_imports(query: Paging) -> Page[ImportView]:
    return transfers.imports(query)


@app.route("/product-imports/{import_id}", who=ADMIN)
def get_import(import_id: str) -> ImportView:
    return transfers.get_import(import_id)


@app.route("/product-exports", methods=["POST"], who=ADMIN, status=202, location="/product-exports/{export_id}")
def begin_export(body: NewExport, operation: OperationId, caller: Caller) -> ExportView:
    return transfers.begin_export(body, operation, caller)


@app.route("/product-exports/{export_id}", who=ADMIN)
def get_export(export_id: str) -> ExportView:
    return transfers.get_export(export_id)


@app.step
def look_up_products(asked: Lines) -> Looked:
    return lines.look_up(asked)


@app.step
def validate_products(asked: Lines) -> Looked:
    return lines.validate(asked)


@app.step
def read_products(which: WhichProducts) -> ReadProducts:
    return browsing.read(which)


@app.job
def roll_up_counts() -> None:
    counting.roll_up()


@app.job
def resume_transfers() -> None:
    transfers.resume()


steps = app.steps
events = app.events
jobs = app.jobs
