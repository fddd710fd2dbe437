"""The doors into shipping: where parcels can go and what that costs."""

from shipping import logic, store
from shipping.model import (
    AskQuote,
    ChangeMethod,
    ChangeZone,
    Method,
    MethodFields,
    Parcel,
    Quote,
    Rate,
    RateFields,
    Zone,
    ZoneFields,
)
from shop.api import ADMIN, PUBLIC, Api, OperationId, Version
from shop.pages import Page, Paging

app = Api("shipping", store.table)


class MethodList(Paging):
    """The methods of one zone."""

    zone_id: str


@app.route("/shipping-quotes", methods=["POST"], who=PUBLIC)
def list_quotes(body: AskQuote) -> Page[Quote]:
    return Page(data=logic.quotes(body))


@app.route("/shipping-zones", who=ADMIN)
def list_zones(query: Paging) -> Page[Zone]:
    return store.zones(query)


@app.route("/shipping-zones", methods=["POST"], who=ADMIN, status=201, location="/shipping-zones/{id}")
def create_zone(body: ZoneFields, zone_id: OperationId) -> Zone:
    return logic.create_zone(zone_id, body)


@app.route("/shipping-zones/{zone_id}", who=ADMIN)
def get_zone(zone_id: str) -> Zone:
    return store.zone(zone_id)


@app.route("/shipping-zones/{zone_id}", methods=["PATCH"], who=ADMIN, if_match=True)
def change_zone(zone_id: str, version: Version, body: ChangeZone) -> Zone:
    return logic.change_zone(zone_id, version, body)


@app.route("/shipping-zones/{zone_id}", methods=["DELETE"], who=ADMIN, if_match=True)
def delete_zone(zone_id: str, version: Version) -> None:
    logic.delete_zone(zone_id, version)


@app.route("/shipping-methods", who=ADMIN)
def list_methods(query: MethodList) -> Page[Method]:
    return store.methods(query.zone_id, query)


@app.route("/shipping-methods", methods=["POST"], who=ADMIN, status=201, location="/shipping-methods/{id}")
def create_method(body: MethodFields, method_id: OperationId) -> Method:
    return logic.create_method(method_id, body)


@app.route("/shipping-methods/{method_id}", who=ADMIN)
def get_method(method_id: str) -> Method:
    return store.method(method_id)


@app.route("/shipping-methods/{method_id}", methods=["PATCH"], who=ADMIN, if_match=True)
def change_method(method_id: str, version: Version, body: ChangeMethod) -> Method:
    return logic.change_method(method_id, version, body)


@app.route("/shipping-methods/{method_id}", methods=["DELETE"], who=ADMIN, if_match=True)
def delete_method(method_id: str, version: Version) -> None:
    logic.delete_method(method_id, version)


@app.route("/shipping-methods/{method_id}/rates", who=ADMIN)
def list_rates(method_id: str) -> Page[Rate]:
    return Page(data=store.rates_of(store.method(method_id).id))


@app.route(
    "/shipping-methods/{method_id}/rates",
    methods=["POST"],
    who=ADMIN,
    status=201,
    location="/shipping-methods/{method_id}/rates/{id}",
)
def create_rate(method_id: str, body: RateFields, rate_id: OperationId) -> Rate:
    return logic.create_rate(method_id, rate_id, body)


@app.route("/shipping-methods/{method_id}/rates/{rate_id}", methods=["PATCH"], who=ADMIN, if_match=True)
def change_rate(method_id: str, rate_id: str, version: Version, body: RateFields) -> Rate:
    return logic.change_rate(method_id, rate_id, version, body)


@app.route("/shipping-methods/{method_id}/rates/{rate_id}", methods=["DELETE"], who=ADMIN, if_match=True)
def delete_rate(method_id: str, rate_id: str, version: Version) -> None:
    logic.delete_rate(method_id, rate_id, version)


@app.step
def quote_shipping_method(parcel: Parcel) -> Quote:
    return logic.quote_chosen(parcel)


steps = app.steps
