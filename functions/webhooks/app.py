"""The doors into webhooks: endpoints, what is on its way to them, and everything that happens."""

from shop.api import ADMIN, Api, OperationId, Version
from shop.pages import Page, Paging
from webhooks.logic import endpoints, hearing, replaying, sending
from webhooks.model.delivery import Delivery, DeliveryDocument, DeliveryList, Replay, Replayed
from webhooks.model.endpoint import ChangeEndpoint, Endpoint, EndpointFields, EventType, ShownEndpoint
from webhooks.store import deliveries as stored
from webhooks.store import endpoints as kept
from webhooks.store import table

app = Api("webhooks", table)


@app.route("/webhook-event-types", who=ADMIN)
def list_event_types() -> Page[EventType]:
    return endpoints.event_types()


@app.route("/webhook-endpoints", who=ADMIN)
def list_endpoints(query: Paging) -> Page[Endpoint]:
    return kept.page(query)


@app.route(
    "/webhook-endpoints", methods=["POST"], who=ADMIN, status=201, secret=True, location="/webhook-endpoints/{id}"
)
def create_endpoint(body: EndpointFields, endpoint_id: OperationId) -> ShownEndpoint:
    return endpoints.create(endpoint_id, body)


@app.route("/webhook-endpoints/{endpoint_id}", who=ADMIN)
def get_endpoint(endpoint_id: str) -> Endpoint:
    return kept.endpoint(endpoint_id)


@app.route("/webhook-endpoints/{endpoint_id}", methods=["PATCH"], who=ADMIN, if_match=True)
def change_endpoint(endpoint_id: str, version: Version, body: ChangeEndpoint) -> Endpoint:
    return endpoints.change(endpoint_id, version, body)


@app.route("/webhook-endpoints/{endpoint_id}", methods=["DELETE"], who=ADMIN, if_match=True)
def remove_endpoint(endpoint_id: str, version: Version) -> None:
    endpoints.remove(endpoint_id, version)


@app.route(
    "/webhook-endpoints/{endpoint_id}/secrets",
    methods=["POST"],
    who=ADMIN,
    status=201,
    secret=True,
    location="/webhook-endpoints/{id}",
)
def rotate_secret(endpoint_id: str) -> ShownEndpoint:
    return endpoints.rotate(endpoint_id)


@app.route(
    "/webhook-endpoints/{endpoint_id}/test-events",
    methods=["POST"],
    who=ADMIN,
    status=202,
    location="/webhook-endpoints/{endpoint_id}/deliveries/{id}",
)
def send_test_event(endpoint_id: str, event_id: OperationId) -> Delivery:
    return hearing.test(event_id, endpoint_id)


@app.route("/webhook-endpoints/{endpoint_id}/replays", methods=["POST"], who=ADMIN, status=202)
def replay_failed(endpoint_id: str, body: Replay) -> Replayed:
    return replaying.replay_failed(endpoint_id, body)


@app.route("/webhook-endpoints/{endpoint_id}/deliveries", who=ADMIN)
def list_deliveries(endpoint_id: str, query: DeliveryList) -> Page[Delivery]:
    return stored.page(kept.endpoint(endpoint_id).id, query)


@app.route("/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}", who=ADMIN)
def get_delivery(endpoint_id: str, delivery_id: str) -> DeliveryDocument:
    return replaying.read(endpoint_id, delivery_id)


@app.route(
    "/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}/replays",
    methods=["POST"],
    who=ADMIN,
    status=202,
    location="/webhook-endpoints/{endpoint_id}/deliveries/{id}",
)
def replay_delivery(endpoint_id: str, delivery_id: str) -> Delivery:
    return replaying.replay(endpoint_id, delivery_id)


@app.job
def send_due() -> None:
    sending.send_due()


events = app.events
jobs = app.jobs
