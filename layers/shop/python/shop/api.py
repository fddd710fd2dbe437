"""The doors of a service on one Chalice app: HTTP routes, steps of the state machine, jobs, and events it hears."""

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, NewType, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import unquote

from chalice.app import Chalice, Request, Response
from pydantic import TypeAdapter, ValidationError

from shop import settings, telemetry
from shop.auth import Caller, check_session, verify
from shop.errors import FieldError, Refusal, Transient, forbidden, not_found, unauthenticated
from shop.events import Event, envelope
from shop.idempotency import Memory, Remembered, operation_id
from shop.inbox import AlreadyHeard
from shop.limits import Allowance, Limit, Limiter, RateLimited
from shop.pages import Page, Paging, Query
from shop.records import Body
from shop.table import AlreadyMade, Table

B = TypeVar("B")
F = TypeVar("F", bound=Callable[..., Any])

OperationId = NewType("OperationId", str)  # the id of what a POST makes: the same again for a repeated Idempotency-Key
Version = NewType("Version", int)  # the version in If-Match
MAX_BODY = 1_000_000
MAX_ID = 255  # nothing we name is longer, and DynamoDB's keys have their limits
PROBLEM = "application/problem+json"
ERRORS_URL = "https://errors.example.com/"


class Who(Enum):
    """Who may knock, and which of their roles opens the door (none: any signed-in user)."""

    PUBLIC = "public"
    GUEST_OR_CUSTOMER = "guest-or-customer"
    CUSTOMER = "customer"
    SELLER = "seller"
    SUPPORT = "support"
    ADMIN = "admin"

    @property
    def roles(self) -> frozenset[str]:
        """The roles that open the door."""
        return _ROLES.get(self, frozenset())

    @property
    def signed_in(self) -> bool:
        """Whether the gateway's authorizer stands before the door."""
        return self not in (Who.PUBLIC, Who.GUEST_OR_CUSTOMER)


PUBLIC, GUEST_OR_CUSTOMER, CUSTOMER = Who.PUBLIC, Who.GUEST_OR_CUSTOMER, Who.CUSTOMER
SELLER, SUPPORT, ADMIN = Who.SELLER, Who.SUPPORT, Who.ADMIN
_ROLES = {
    SELLER: frozenset({"seller", "admin"}),
    SUPPORT: frozenset({"support", "admin"}),
    ADMIN: frozenset({"admin"}),
}


@dataclass
class Answer(Generic[B]):
    """An answer whose status or headers depend on what happened."""

    body: B
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Door:
    """One route as declared: what the gateway, the API reference and the authorization tests are made from."""

    path: str
    method: str
    who: Who
    view: Callable[..., Any]
    status: int = 200
    keyed: bool = False  # Idempotency-Key required
    if_match: bool = False  # If-Match required
    fresh: bool = False  # the session is checked with auth, not only the token
    location: str | None = None  # of what was made, as a template over the answer's fields
    cache: str | None = None  # Cache-Control
    secret: bool = False  # its bodies hold credentials: what is remembered of them is unreadable
    limit: Limit | None = None  # an exact limit besides the general one
    counted: bool = True  # against its caller's general limit
    hints: Mapping[str, Any] = field(default_factory=dict)

    def of_type(self, kind: type) -> tuple[str, Any] | None:
        """The parameter annotated with a subclass of `kind`, and its type."""
        for name, hint in self.hints.items():
            if name != "return" and inspect.isclass(hint) and issubclass(hint, kind):
                return name, hint
        return None

    def named(self, hint: Any) -> str | None:
        """The parameter annotated with exactly this."""
        return next((name for name, found in self.hints.items() if found is hint and name != "return"), None)

    @property
    def answers(self) -> Any:
        """The type of the answer's body; NoneType for an empty one."""
        hint = self.hints.get("return", type(None))
        return get_args(hint)[0] if get_origin(hint) is Answer else hint


class Api(Chalice):
    """A service's app. Views take what they declare: path parameters, a body, a query, the caller, a version."""

    def __init__(self, service: str, table: Table | None = None) -> None:
        super().__init__(service, configure_logs=False)
        self.service = service
        self.doors: list[Door] = []
        self.step_doors: dict[str, Callable[[dict[str, Any]], Any]] = {}
        self.job_doors: dict[str, Callable[[], Any]] = {}
        self.heard: dict[type[Event], Callable[[Any], Any]] = {}
        self._hears: dict[str, tuple[type[Event], Callable[[Any], Any]]] = {}
        self._memory = Memory(table or Table(service))
        self.limiter = Limiter(table) if table else None

    def route(  # type: ignore[override]
        self,
        path: str,
        *,
        who: Who,
        methods: Sequence[str] = ("GET",),
        status: int = 200,
        idempotent: bool = False,
        if_match: bool = False,
        fresh: bool | None = None,
        location: str | None = None,
        cache: str | None = None,
        secret: bool = False,
        limit: Limit | None = None,
        counted: bool = True,
        prefix: str = settings.API_PREFIX,
    ) -> Callable[[F], F]:
        """Declare a route; the view's annotations say what it takes and what it answers."""

        def register(view: F) -> F:
            hints = get_type_hints(view)
            for method in methods:
                door = Door(
                    path=prefix + path,
                    method=method,
                    who=who,
                    view=view,
                    status=status,
                    keyed=idempotent,
                    if_match=if_match,
                    fresh=who in (ADMIN, SUPPORT) if fresh is None else fresh,
                    location=location,
                    cache=cache,
                    secret=secret,
                    limit=limit,
                    counted=counted,
                    hints=hints,
                )
                self.doors.append(door)
                Chalice.route(self, door.path, methods=[method], content_types=[])(self._opened(door))
            return view

        return register

    def step(self, function: F) -> F:
        """Declare a step: what the state machine, or another service, may ask this one to do."""
        parameters = list(inspect.signature(function).parameters)
        body = TypeAdapter(get_type_hints(function)[parameters[0]]) if parameters else None
        answer = TypeAdapter(get_type_hints(function)["return"])

        def perform(payload: dict[str, Any]) -> Any:
            handed = {name: value for name, value in payload.items() if name not in ("step", "correlation_id")}
            result = function(body.validate_python(handed)) if body else function()
            return answer.dump_python(result, mode="json")

        self.step_doors[function.__name__] = perform
        return function

    def job(self, function: F) -> F:
        """Declare a job: what the schedule has this service do. Its rate stands in the template."""
        self.job_doors[function.__name__] = function
        return function

    def hears(self, handlers: Mapping[type[Event], Callable[[Any], Any]]) -> None:
        """Declare which events this service answers, and how."""
        self.heard = dict(handlers)
        self._hears = {event.type: (event, handler) for event, handler in handlers.items()}

    def steps(self, payload: dict[str, Any], context: Any) -> Any:
        """The Lambda behind the steps: ``{"step": name, ...}``."""
        name = payload["step"]
        telemetry.correlation_id.set(payload.get("correlation_id") or telemetry.correlation_id.get())
        telemetry.actor.set({"type": "service", "id": self.service})
        with telemetry.invocation(f"{self.service}.{name}") as told:
            try:
                return self.step_doors[name](payload)
            except Transient as busy:  # the machine knows what to retry by this very name
                told["refused"] = busy.code
                raise Transient(busy.detail, busy.code) from busy
            except Refusal as refusal:
                told["refused"] = refusal.code
                raise
            except ValidationError as error:
                told["refused"] = "internal_error"
                raise Refusal(422, "internal_error", f"{self.service}.{name} cannot read what it was handed") from error

    def jobs(self, payload: dict[str, Any], context: Any) -> None:
        """The Lambda behind the jobs: ``{"job": name}``."""
        telemetry.actor.set({"type": "system", "id": None})
        telemetry.correlation_id.set(getattr(context, "aws_request_id", ""))
        with telemetry.invocation(f"{self.service}.{payload['job']}"):
            self.job_doors[payload["job"]]()

    def events(self, payload: dict[str, Any], context: Any) -> dict[str, Any]:
        """The Lambda behind the service's queue: a batch of bus entries, each answered by itself."""
        failed = []
        with telemetry.invocation(f"{self.service}.events", batch=len(payload["Records"])) as told:
            for record in payload["Records"]:
                try:
                    self.hear(*envelope(record["body"]))
                except Exception:  # the queue keeps it, tries again, and sets it aside after five times
                    telemetry.logger.exception("event failed", extra={"message_id": record["messageId"]})
                    failed.append({"itemIdentifier": record["messageId"]})
            told["failed"] = len(failed) or None
        return {"batchItemFailures": failed}

    def hear(self, detail_type: str, detail: dict[str, Any]) -> None:
        """Answer one event; hearing it again changes nothing."""
        kind, handler = self._hears[detail_type]
        event = kind.received(detail)
        assert event.meta is not None
        telemetry.correlation_id.set(event.meta.correlation_id)
        telemetry.causation_id.set(event.meta.id)
        telemetry.actor.set(event.meta.actor.model_dump())
        try:
            handler(event)
        except AlreadyHeard:
            telemetry.logger.debug("heard before", extra={"event_id": event.meta.id})

    def _opened(self, door: Door) -> Callable[..., Response]:
        take = _Taker(door)

        def view(**path: str) -> Response:
            request = self.current_request
            assert request is not None
            request_id = _request_id(request)
            telemetry.correlation_id.set(request_id)
            telemetry.causation_id.set(None)
            left: list[Allowance] = []
            with telemetry.invocation(f"{door.method} {door.path}") as told:
                try:
                    answer = self._serve(door, take, request, path, left)
                except Refusal as refusal:
                    answer = problem(refusal, request, request_id)
                    told["refused"] = refusal.code
                except Exception:
                    telemetry.logger.exception("unexpected")
                    answer = problem(Refusal(500, "internal_error"), request, request_id)
                answer.headers.update({"X-Request-Id": request_id, **(left[-1].headers() if left else {})})
                told["status"] = answer.status_code
                return answer

        return view

    def _serve(
        self, door: Door, take: "_Taker", request: Request, path: Mapping[str, str], left: list[Allowance]
    ) -> Response:
        """Answer a request; what its caller may still do is put into `left`."""
        try:
            caller = _caller(door, request)
        except Refusal:
            self._count(door, Caller(**_origin(request)), left)
            raise
        self._count(door, caller, left)
        caller = _admitted(door, caller)
        telemetry.actor.set({"type": _actor_type(caller), "id": caller.user_id or None})
        key = _idempotency_key(door, request)
        arguments = take(request, path, caller, key)
        if door.limit and take.body:
            self._count(door, caller, left, arguments[take.body[0]])
        if key is None:
            return _response(door, request, door.view(**arguments))
        claim = self._memory.begin(
            caller.principal, f"{door.method} {door.path} {key}", _fingerprint(request), door.secret
        )
        if claim.state == "completed":
            return _replay(claim)
        try:
            answer = _response(door, request, _again(door, arguments))
        except Refusal as refusal:
            if refusal.status >= 500:
                self._memory.forget(claim)
            else:
                refused = problem(refusal, request, _request_id(request))
                self._memory.finish(claim, refused.status_code, _kept(refused), refused.body)
            raise
        except Exception:
            self._memory.forget(claim)
            raise
        self._memory.finish(claim, answer.status_code, _kept(answer), answer.body)
        return answer

    def _count(self, door: Door, caller: Caller, left: list[Allowance], body: Body | None = None) -> None:
        """Count a request against its caller's general limit; or, with its body, against the door's exact one."""
        if not (self.limiter and door.counted):
            return
        try:
            if body and door.limit:
                allowance = self.limiter.count(door.limit, caller, body)
            else:
                allowance = self.limiter.admit(caller)
        except RateLimited as refusal:
            left.append(refusal.allowance)
            raise
        if allowance:
            left.append(allowance)


class _Taker:
    """What a view takes, read from its annotations once."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.body, self.query = door.of_type(Body), door.of_type(Query)
        self.caller, self.request = door.named(Caller), door.named(Request)
        self.operation, self.version = door.named(OperationId), door.named(Version)

    def __call__(self, request: Request, path: Mapping[str, str], caller: Caller, key: str | None) -> dict[str, Any]:
        arguments: dict[str, Any] = {name: unquote(value) for name, value in path.items()}
        if any(len(value) > MAX_ID for value in arguments.values()):
            raise not_found()
        if self.query:
            arguments[self.query[0]] = _query(self.query[1], request, caller)
        elif request.query_params:
            raise _bad_query(
                [
                    {"pointer": f"?{n}", "code": "extra_forbidden", "detail": "Unknown parameter"}
                    for n in request.query_params
                ]
            )
        if self.caller:
            arguments[self.caller] = caller
        if self.request:
            arguments[self.request] = request
        if self.operation:
            arguments[self.operation] = operation_id(caller.principal, key, _fingerprint(request))
        if self.door.if_match:
            version = _if_match(request)
            if self.version:
                arguments[self.version] = version
        if self.body:
            arguments[self.body[0]] = _body(self.body[1], request)
        return arguments


def problem(refusal: Refusal, request: Request, request_id: str) -> Response:
    """A refusal as RFC 9457 problem+json."""
    body: dict[str, Any] = {
        "type": ERRORS_URL + refusal.code,
        "title": refusal.code.replace("_", " ").capitalize(),
        "status": refusal.status,
        "detail": refusal.detail,
        "instance": _path(request),
        "code": refusal.code,
        "request_id": request_id,
        **refusal.facts,
    }
    if refusal.errors:
        body["errors"] = refusal.errors
    headers: dict[str, str | list[str]] = {"Content-Type": PROBLEM}
    if isinstance(refusal, Transient):
        headers["Retry-After"] = "1"
    if isinstance(refusal, RateLimited):
        headers["Retry-After"] = str(refusal.allowance.reset)
    if refusal.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(json.dumps(body, default=str), headers, refusal.status)


def validation_refusal(error: ValidationError) -> Refusal:
    """What pydantic found wrong with a body, as a refusal with a pointer to each field."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if any(fault["type"] == "json_invalid" for fault in found):
        return Refusal(400, "malformed_json", "The body is not JSON")
    errors: list[FieldError] = [
        {"pointer": _pointer(fault["loc"]), "code": fault["type"], "detail": fault["msg"]} for fault in found
    ]
    codes = {fault["code"] for fault in errors}
    code = "amount_out_of_range" if codes == {"amount_out_of_range"} else "validation_failed"
    return Refusal(422, code, "; ".join(f"{e['pointer']}: {e['detail']}" for e in errors[:3]), errors=errors)


def _pointer(location: Sequence[int | str]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)


def _origin(request: Request) -> dict[str, str]:
    """Where a request comes from, as API Gateway saw it: what headers claim is not believed."""
    identity = request.context.get("identity") or {}
    return {"ip_address": identity.get("sourceIp") or "", "user_agent": identity.get("userAgent") or ""}


def _caller(door: Door, request: Request) -> Caller:
    """Who says they are calling, and proves it."""
    origin = _origin(request)
    given = request.context.get("authorizer") if door.who.signed_in else None
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if given and given.get("user_id"):
        caller = Caller(
            user_id=given["user_id"], roles=given["roles"].split(","), session_id=given["session_id"], **origin
        )
    elif scheme.lower() == "bearer" and token and (door.who is not PUBLIC or door.named(Caller)):
        caller = _proven(door, token.strip()).model_copy(update=origin)
    else:
        # Longer than any session id we make is nobody's, and must not become a key longer than DynamoDB takes.
        caller = Caller(cart_session=request.headers.get("x-cart-session", "")[:200], **origin)
    if door.who is not PUBLIC and not caller.user_id and not (door.who is GUEST_OR_CUSTOMER and caller.cart_session):
        raise unauthenticated()
    return caller


def _admitted(door: Door, caller: Caller) -> Caller:
    """The caller, if this door opens to them now."""
    if door.fresh:
        caller = check_session(caller)
    if door.who.roles and not door.who.roles & set(caller.roles):
        raise forbidden()
    return caller


def _proven(door: Door, token: str) -> Caller:
    """The caller a token proves. Whoever only reads what is public is not turned away for an old one."""
    try:
        return verify(token)
    except Refusal:
        if door.who is PUBLIC and door.method == "GET":
            return Caller()
        raise


def _actor_type(caller: Caller) -> str:
    return "admin" if caller.is_admin else "user"


def _request_id(request: Request) -> str:
    given = request.headers.get("x-request-id", "")
    return (
        given
        if given.isascii() and given.isprintable() and 0 < len(given) <= 128
        else str(request.context["requestId"])
    )


def _path(request: Request) -> str:
    """The path as the client wrote it, without the stage that API Gateway puts in front."""
    path = str(request.context.get("path", request.path))
    return path.removeprefix(f"/{request.context.get('stage')}")


def _raw(request: Request) -> bytes:
    raw = request.raw_body
    return raw.encode() if isinstance(raw, str) else raw


def _fingerprint(request: Request) -> bytes:
    return f"{request.method} {_path(request)}\n".encode() + _raw(request)


def _idempotency_key(door: Door, request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if door.method != "POST" or key is None:
        if door.keyed:
            raise Refusal(400, "idempotency_key_missing", "Send an Idempotency-Key header")
        return None
    if not (0 < len(key) <= 255 and key.isascii() and key.isprintable()):
        raise Refusal(400, "invalid_parameter", "Idempotency-Key takes 1 to 255 printable characters")
    return str(key)


def _if_match(request: Request) -> int:
    given = request.headers.get("if-match")
    if given is None:
        raise Refusal(428, "if_match_required", "Send If-Match with the ETag you read")
    text = given.removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit()):
        raise Refusal(412, "version_mismatch", "If-Match is not an ETag of this resource")
    return int(text)


def _body(model: type[Body], request: Request) -> Body:
    raw = _raw(request)
    if len(raw) > MAX_BODY:
        raise Refusal(413, "payload_too_large", "A body has at most 1 MB")
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if raw and kind != "application/json":
        raise Refusal(415, "unsupported_media_type", "Send application/json")
    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        raise validation_refusal(error) from None


def _query(model: type[Query], request: Request, caller: Caller) -> Query:
    given = {name: request.query_params[name] for name in request.query_params} if request.query_params else {}
    try:
        query = model.model_validate(given)
    except ValidationError as error:
        raise _bad_query(
            [
                {
                    "pointer": "?" + str(fault["loc"][0] if fault["loc"] else ""),
                    "code": fault["type"],
                    "detail": fault["msg"],
                }
                for fault in error.errors(include_url=False)
            ]
        ) from None
    if isinstance(query, Paging):
        filters = sorted((name, value) for name, value in given.items() if name not in ("cursor", "limit"))
        query.within(json.dumps([_path(request), filters, caller.principal]))
    return query


def _bad_query(errors: list[FieldError]) -> Refusal:
    return Refusal(400, "invalid_parameter", "; ".join(f"{e['pointer']}: {e['detail']}" for e in errors), errors=errors)


_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def _response(door: Door, request: Request, result: Any) -> Response:
    answer: Answer[Any] = result if isinstance(result, Answer) else Answer(result)
    headers: dict[str, str | list[str]] = {"Cache-Control": door.cache or "no-store", **answer.headers}
    if isinstance(answer.body, Response):
        return answer.body
    status = answer.status or door.status
    if answer.body is None:
        return Response("", headers, 204 if status == 200 else status)
    if door.location and status in (201, 202):
        headers["Location"] = settings.API_PREFIX + door.location.format_map(dict(answer.body))
    version = getattr(answer.body, "version", None)
    if version is not None and not isinstance(answer.body, Page):
        headers["ETag"] = f'"{version}"'
        if door.method == "GET" and request.headers.get("if-none-match") == headers["ETag"]:
            return Response("", headers, 304)
    headers["Content-Type"] = "application/json"
    hint = door.answers
    if hint not in _ADAPTERS:
        _ADAPTERS[hint] = TypeAdapter(hint)
    return Response(_ADAPTERS[hint].dump_json(answer.body).decode(), headers, status)


def _again(door: Door, arguments: dict[str, Any]) -> Any:
    """Run the view of a keyed request; what an earlier, interrupted run of it made is the answer."""
    try:
        return door.view(**arguments)
    except AlreadyMade as made:
        thing = made.thing()
        if inspect.isclass(door.answers) and isinstance(thing, door.answers):
            return thing
        raise


def _kept(answer: Response) -> dict[str, str]:
    return {name: str(value) for name, value in answer.headers.items() if name != "X-Request-Id"}


def _replay(first: Remembered) -> Response:
    headers: dict[str, str | list[str]] = {**first.response_headers, "Idempotent-Replayed": "true"}
    return Response(first.response_body or "", headers, first.response_status or 200)
