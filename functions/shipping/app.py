"""The doors into shipping: where parcels can go, what that costs, and where they are."""

from chalice.app import Request

from shipping import store
from shipping.logic import carriers, edits, methods, papers, shipments, tracking, zones
from shipping.logic.shipments import ShipmentList
from shipping.model.carriers import Carrier, CarrierFields, ChangeCarrier
from shipping.model.methods import (
    AskQuote,
    ChangeMethod,
    Method,
    MethodFields,
    Parcel,
    Quote,
    Rate,
    RateFields,
)
from shipping.model.shipments import (
    ChangeShipment,
    CreateShipment,
    HoldOrder,
    Received,
    Shipment,
    ShipmentDocument,
    Tracking,
    TrackingFields,
)
from shipping.model.zones import ChangeZone, Zone, ZoneFields
from shipping.store import carriers as store_carriers
from shipping.store import methods as store_methods
from shipping.store import zones as store_zones
from shop.api import ADMIN, CUSTOMER, PUBLIC, SUPPORT, Api, OperationId, Pdf, Version
from shop.auth import Caller
from shop.pages import Page, Paging

app = Api("shipping", store.table)


class MethodList(Paging):
    """The methods of one zone."""

    zone_id: str


@app.route("/shipping-quotes", methods=["POST"], who=PUBLIC)
def list_quotes(body: AskQuote) -> Page[Quote]:
    return Page(data=methods.quotes(body))


@app.route("/shipping-zones", who=ADMIN)
def list_zones(query: Paging) -> Page[Zone]:
    return store_zones.zones(query)


@app.route("/shipping-zones", methods=["POST"], who=ADMIN, status=201, location="/shipping-zones/{id}")
def create_zone(body: ZoneFields, zone_id: OperationId) -> Zone:
    return zones.create_zone(zone_id, body)


@app.route("/shipping-zones/{zone_id}", who=ADMIN)
def get_zone(zone_id: str) -> Zone:
    return store_zones.zone(zone_id)


@app.route("/shipping-zones/{zone_id}", methods=["PATCH"], who=ADMIN, if_match=True)
def change_zone(zone_id: str, version: Version, body: ChangeZone) -> Zone:
    return zones.change_zone(zone_id, version, body)


@app.route("/shipping-zones/{zone_id}", methods=["DELETE"], who=ADMIN, if_match=True)
def delete_zone(zone_id: str, version: Version) -> None:
    zones.delete_zone(zone_id, version)


@app.route("/shipping-methods", who=ADMIN)
def list_methods(query: MethodList) -> Page[Method]:
    return store_methods.methods(query.zone_id, query)


@app.route("/shipping-methods", methods=["POST"], who=ADMIN, status=201, location="/shipping-methods/{id}")
def create_method(body: MethodFields, method_id: OperationId) -> Method:
    return methods.create_method(method_id, body)


@app.route("/shipping-methods/{method_id}", who=ADMIN)
def get_method(method_id: str) -> Method:
    return store_methods.method(method_id)


@app.route("/shipping-methods/{method_id}", methods=["PATCH"], who=ADMIN, if_match=True)
def change_method(method_id: str, version: Version, body: ChangeMethod) -> Method:
    return methods.change_method(method_id, version, body)


@app.route("/shipping-methods/{method_id}", methods=["DELETE"], who=ADMIN, if_match=True)
def delete_method(method_id: str, version: Version) -> None:
    methods.delete_method(method_id, version)


@app.route("/shipping-methods/{method_id}/rates", who=ADMIN)
def list_rates(method_id: str) -> Page[Rate]:
    return Page(data=store_methods.rates_of(store_methods.method(method_id).id))


@app.route(
    "/shipping-methods/{method_id}/rates",
    methods=["POST"],
    who=ADMIN,
    status=201,
    location="/shipping-methods/{method_id}/rates/{id}",
)
def create_rate(method_id: str, body: RateFields, rate_id: OperationId) -> Rate:
    return methods.create_rate(method_id, rate_id, body)


@app.route("/shipping-methods/{method_id}/rates/{rate_id}", methods=["PATCH"], who=ADMIN, if_match=True)
def change_rate(method_id: str, rate_id: str, version: Version, body: RateFields) -> Rate:
    return methods.change_rate(method_id, rate_id, version, body)


@app.route("/shipping-methods/{method_id}/rates/{rate_id}", methods=["DELETE"], who=ADMIN, if_match=True)
def delete_rate(method_id: str, rate_id: str, version: Version) -> None:
    methods.delete_rate(method_id, rate_id, version)


@app.route("/carriers", who=ADMIN)
def list_carriers(query: Paging) -> Page[Carrier]:
    return store_carriers.carriers(query)


@app.route("/carriers", methods=["POST"], who=ADMIN, status=201, location="/carriers/{id}", secret=True)
def create_carrier(body: CarrierFields, carrier_id: OperationId) -> Carrier:
    return carriers.create_carrier(carrier_id, body)


@app.route("/carriers/{carrier_id}", who=ADMIN)
def get_carrier(carrier_id: str) -> Carrier:
    return store_carriers.carrier(carrier_id)


@app.route("/carriers/{carrier_id}", methods=["PATCH"], who=ADMIN, if_match=True)
def change_carrier(carrier_id: str, version: Version, body: ChangeCarrier) -> Carrier:
    return carriers.change_carrier(carrier_id, version, body)


@app.route("/carriers/{carrier_id}", methods=["DELETE"], who=ADMIN, if_match=True)
def delete_carrier(carrier_id: str, version: Version) -> None:
    carriers.delete_carrier(carrier_id, version)


@app.route("/shipments", who=CUSTOMER)
def list_shipments(query: ShipmentList, caller: Caller) -> Page[Shipment]:
    return shipments.listed(query, caller)


@app.route("/shipments", methods=["POST"], who=SUPPORT, status=201, idempotent=True, location="/shipments/{id}")
def create_shipment(body: CreateShipment, shipment_id: OperationId) -> ShipmentDocument:
    return shipments.create(shipment_id, body)


@app.route("/shipments/{shipment_id}", who=CUSTOMER)
def get_shipment(shipment_id: str, caller: Caller) -> ShipmentDocument:
    return shipments.read(shipment_id, caller)


@app.route("/shipments/by-tracking-number/{tracking_number}", who=CUSTOMER)
def get_shipment_by_tracking_number(tracking_number: str, caller: Caller) -> ShipmentDocument:
    return shipments.read_tracked(tracking_number, caller)


@app.route("/shipments/{shipment_id}", methods=["PATCH"], who=SUPPORT, if_match=True)
def change_shipment(shipment_id: str, version: Version, body: ChangeShipment) -> ShipmentDocument:
    return shipments.change(shipment_id, version, body)


@app.route("/shipments/{shipment_id}/bookings", methods=["POST"], who=SUPPORT)
def book_shipment(shipment_id: str) -> ShipmentDocument:
    return shipments.book_again(shipment_id)


@app.route("/shipments/{shipment_id}/label", who=SUPPORT)
def get_label(shipment_id: str, caller: Caller) -> Pdf:
    return Pdf(papers.label(shipment_id, caller))


@app.route("/shipments/{shipment_id}/packing-slip", who=SUPPORT)
def get_packing_slip(shipment_id: str, caller: Caller) -> Pdf:
    return Pdf(papers.packing_slip(shipment_id, caller))


@app.route(
    "/shipments/{shipment_id}/tracking-events",
    methods=["POST"],
    who=SUPPORT,
    status=201,
    location="/shipments/{shipment_id}",
)
def add_tracking(shipment_id: str, body: TrackingFields) -> Tracking:
    return tracking.add(shipment_id, body)


# A carrier sends from a few addresses whatever there is to say; who is none is refused by the signature alone.
@app.route("/carrier-webhooks/{code}", methods=["POST"], who=PUBLIC, counted=False)
def receive_carrier_webhook(code: str, request: Request) -> Received:
    tracking.receive(code, request.raw_body, request.headers)
    return Received()


@app.step
def quote_shipping_method(parcel: Parcel) -> Quote:
    return methods.quote_chosen(parcel)


@app.step
def hold_order(order: HoldOrder) -> HoldOrder:
    return edits.hold(order)


steps = app.steps
events = app.events
