"""The doors into auth: accounts, signing in and out, and the keys by which everyone knows our tokens."""

from chalice.app import Request

from auth import tokens
from auth.logic import accounts, sessions
from auth.model import (
    Account,
    ChangeStatus,
    HandIn,
    Jwks,
    OpenAccount,
    Origin,
    Question,
    Session,
    SignIn,
    Standing,
    TokenPair,
    UserRef,
)
from auth.store import sessions as store
from auth.store import table
from shop.api import CUSTOMER, PUBLIC, Api, OperationId
from shop.auth import Caller
from shop.pages import Page, Paging

app = Api("auth", table)


@app.route("/accounts", methods=["POST"], who=PUBLIC, status=201, location="/accounts/{user_id}", secret=True)
def open_account(operation_id: OperationId, body: OpenAccount) -> Account:
    return accounts.open_account(operation_id, body)


@app.route("/sessions", methods=["POST"], who=PUBLIC, status=201, secret=True)
def sign_in(request: Request, body: SignIn) -> TokenPair:
    return sessions.sign_in(body, _origin(request))


@app.route("/sessions", who=CUSTOMER)
def list_sessions(caller: Caller, query: Paging) -> Page[Session]:
    return store.sessions(caller.user_id, query)


@app.route("/sessions", methods=["DELETE"], who=CUSTOMER, fresh=True)
def end_all_sessions(caller: Caller) -> None:
    sessions.end_all(caller.user_id)


@app.route("/sessions/current", methods=["DELETE"], who=CUSTOMER, fresh=True)
def sign_out(caller: Caller) -> None:
    sessions.end(caller.session_id, caller)


@app.route("/sessions/{session_id}", methods=["DELETE"], who=CUSTOMER, fresh=True)
def end_session(session_id: str, caller: Caller) -> None:
    sessions.end(session_id, caller)


@app.route("/tokens", methods=["POST"], who=PUBLIC, status=201, secret=True)
def refresh(request: Request, body: HandIn) -> TokenPair:
    return sessions.refresh(body.refresh_token, _origin(request))


@app.route("/token-revocations", methods=["POST"], who=PUBLIC, secret=True)
def revoke_token(body: HandIn) -> None:
    sessions.revoke(body.refresh_token)


@app.route("/.well-known/jwks.json", who=PUBLIC, prefix="", cache="public, max-age=300")
def list_keys() -> Jwks:
    return tokens.jwks()


@app.step
def check_session(question: Question) -> Standing:
    return sessions.standing(question)


@app.step
def seed_admin(body: OpenAccount) -> UserRef:
    return accounts.seed_admin(body)


@app.step
def change_account_status(change: ChangeStatus) -> UserRef:
    return accounts.change_status(change)


def _origin(request: Request) -> Origin:
    identity = request.context.get("identity") or {}
    return Origin(ip_address=identity.get("sourceIp"), user_agent=(identity.get("userAgent") or "")[:512] or None)


steps = app.steps
