"""The doors into returns: what customers send back, and what becomes of it."""

from returns import store
from returns.logic import asking, handling, moves, refunding
from returns.logic.asking import ReturnList
from returns.model.returns import ReturnDocument, ReturnRequest, ReturnTracking
from returns.model.wishes import Approve, Receive, Reject, RequestReturn, SendBack, TrackingFields
from shop.api import CUSTOMER, SUPPORT, Api, OperationId, Version
from shop.auth import Caller
from shop.pages import Page

app = Api("returns", store.table)


@app.route("/returns", who=CUSTOMER)
def list_returns(query: ReturnList, caller: Caller) -> Page[ReturnRequest]:
    return asking.listed(query, caller)


@app.route("/returns", methods=["POST"], who=CUSTOMER, status=201, idempotent=True, location="/returns/{id}")
def request_return(body: RequestReturn, return_id: OperationId, caller: Caller) -> ReturnDocument:
    return asking.request_return(return_id, body, caller)


@app.route("/returns/{return_id}", who=CUSTOMER)
def get_return(return_id: str, caller: Caller) -> ReturnDocument:
    return moves.read(return_id, caller)


@app.route("/returns/{return_id}/cancellations", methods=["POST"], who=CUSTOMER)
def cancel_return(return_id: str, caller: Caller) -> ReturnDocument:
    return asking.cancel(return_id, caller)


@app.route("/returns/{return_id}/authorization", methods=["PATCH"], who=CUSTOMER, if_match=True)
def send_back(return_id: str, version: Version, body: SendBack, caller: Caller) -> ReturnDocument:
    return handling.send_back(return_id, version, body, caller)


@app.route("/returns/{return_id}/approvals", methods=["POST"], who=SUPPORT)
def approve_return(return_id: str, body: Approve, caller: Caller) -> ReturnDocument:
    return handling.approve(return_id, body, caller)


@app.route("/returns/{return_id}/rejections", methods=["POST"], who=SUPPORT)
def reject_return(return_id: str, body: Reject, caller: Caller) -> ReturnDocument:
    return handling.reject(return_id, body, caller)


@app.route("/returns/{return_id}/receipts", methods=["POST"], who=SUPPORT)
def receive_return(return_id: str, body: Receive, caller: Caller) -> ReturnDocument:
    return handling.receive(return_id, body, caller)


@app.route(
    "/returns/{return_id}/refunds",
    methods=["POST"],
    who=SUPPORT,
    status=202,
    idempotent=True,
    location="/returns/{id}",
)
def refund_return(return_id: str, caller: Caller) -> ReturnDocument:
    return refunding.refund(return_id, caller)


@app.route("/returns/{return_id}/closures", methods=["POST"], who=SUPPORT)
def close_return(return_id: str, caller: Caller) -> ReturnDocument:
    return handling.close(return_id, caller)


@app.route(
    "/returns/{return_id}/tracking-events",
    methods=["POST"],
    who=SUPPORT,
    status=201,
    location="/returns/{return_request_id}",
)
def add_tracking_to_return(return_id: str, body: TrackingFields, caller: Caller) -> ReturnTracking:
    return handling.add_tracking(return_id, body, caller)


@app.job
def expire_authorizations() -> None:
    handling.expire()


events = app.events
jobs = app.jobs
