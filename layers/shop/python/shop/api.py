"""The doors of a service on one Chalice app: HTTP routes, steps of the state machine, jobs, and events it hears."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeVar, get_type_hints

from chalice.app import Chalice, Request, Response
from pydantic import ValidationError

from shop import settings, telemetry
from shop.answers import ERRORS_URL, PROBLEM, kept, problem, replayed, request_id_of, response
from shop.auth import Caller
from shop.doors import (
    ADMIN,
    CUSTOMER,
    GUEST_OR_CUSTOMER,
    PUBLIC,
    SELLER,
    SELLER_OR_SUPPORT,
    SUPPORT,
    Answer,
    Door,
    Html,
    OperationId,
    Pdf,
    Version,
    Who,
)
from shop.errors import Refusal, Transient
from shop.hearing import Hearing
from shop.idempotency import Memory
from shop.limits import Allowance, Limit, Limiter, RateLimited
from shop.records import Body, adapter
from shop.requests import Taker, actor_type, admitted, caller_of, fingerprint, idempotency_key, origin_of
from shop.table import AlreadyMade, Table

# What a room's app is written with.
__all__ = [
    "ADMIN",
    "CUSTOMER",
    "ERRORS_URL",
    "GUEST_OR_CUSTOMER",
    "PROBLEM",
    "PUBLIC",
    "SELLER",
    "SELLER_OR_SUPPORT",
    "SUPPORT",
    "Answer",
    "Api",
    "Door",
    "Html",
    "OperationId",
    "Pdf",
    "Version",
    "Who",
]

F = TypeVar("F", bound=Callable[..., Any])


class Api(Chalice):
    """A service's app. Views take what they declare: path parameters, a body, a query, the caller, a version."""

    def __init__(self, service: str, table: Table | None = None) -> None:
        super().__init__(service, configure_logs=False)
        self.api.binary_types.append(Pdf.media_type)
        self.service = service
        self.doors: list[Door] = []
        self.step_doors: dict[str, Callable[[dict[str, Any]], Any]] = {}
        self.job_doors: dict[str, Callable[[], Any]] = {}
        self._memory = Memory(table) if table else None  # without one, doors may be knocked at twice as they are
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
        refuses: Sequence[int] = (),
        also: Sequence[Mapping[str, Any]] = (),
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
                    refuses=refuses,
                    also=also,
                    hints=hints,
                )
                self.doors.append(door)
                Chalice.route(self, door.path, methods=[method], content_types=[])(self._opened(door))
            return view

        return register

    def step(self, function: F) -> F:
        """Declare a step: what the state machine, or another service, may ask this one to do."""
        parameters = list(inspect.signature(function).parameters)
        hints = get_type_hints(function)

        def perform(payload: dict[str, Any]) -> Any:
            handed = {name: value for name, value in payload.items() if name not in ("step", "correlation_id")}
            body = [adapter(hints[name]).validate_python(handed) for name in parameters]
            return adapter(hints["return"]).dump_python(function(*body), mode="json")

        self.step_doors[function.__name__] = perform
        return function

    def job(self, function: F) -> F:
        """Declare a job: what the schedule has this service do. Its rate stands in the template."""
        self.job_doors[function.__name__] = function
        return function

    def steps(self, payload: dict[str, Any], context: Any) -> Any:
        """The Lambda behind the steps: ``{"step": name, ...}``."""
        name = payload["step"]
        known = payload.get("correlation_id") or getattr(context, "aws_request_id", None)  # not that of the last one
        telemetry.correlation_id.set(known or telemetry.correlation_id.get())
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
        return self.hears(payload["Records"])

    @cached_property
    def hears(self) -> Hearing:
        """What this service hears (its module `hears`), read when first asked for: no other door needs those events."""
        module = f"{self.service}.hears"
        found: Hearing = import_module(module).hears if find_spec(module) else Hearing(self.service, {})
        return found

    def _opened(self, door: Door) -> Callable[..., Response]:
        take = Taker(door)

        def view(**path: str) -> Response:
            request = self.current_request
            assert request is not None
            request_id = request_id_of(request)
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
        self, door: Door, take: Taker, request: Request, path: Mapping[str, str], left: list[Allowance]
    ) -> Response:
        """Answer a request; what its caller may still do is put into `left`."""
        try:
            caller = caller_of(door, request)
        except Refusal:
            self._count(door, Caller(**origin_of(request)), left)
            raise
        self._count(door, caller, left)
        caller = admitted(door, caller)
        telemetry.actor.set({"type": actor_type(caller), "id": caller.user_id or None})
        key = idempotency_key(door, request)
        arguments = take(request, path, caller, key)
        if door.limit and take.body:
            self._count(door, caller, left, arguments[take.body[0]])
        if key is None or self._memory is None:
            return response(door, request, door.view(**arguments))
        claim = self._memory.begin(
            caller.principal,
            f"{door.method} {door.path} {key}",
            fingerprint(request),
            door.secret,
            path.get("payment_id"),
        )
        if claim.state == "completed":
            return replayed(claim)
        try:
            answer = response(door, request, _again(door, arguments))
        except Refusal as refusal:
            if refusal.status >= 500:
                self._memory.forget(claim)
            else:
                refused = problem(refusal, request, request_id_of(request))
                self._memory.finish(claim, refused.status_code, kept(refused), refused.body)
            raise
        except Exception:
            self._memory.forget(claim)
            raise
        self._memory.finish(claim, answer.status_code, kept(answer), answer.body)
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


def _again(door: Door, arguments: dict[str, Any]) -> Any:
    """Run the view of a keyed request; what an earlier, interrupted run of it made is the answer."""
    try:
        return door.view(**arguments)
    except AlreadyMade as made:
        thing = made.thing()
        if inspect.isclass(door.answers) and isinstance(thing, door.answers):
            return thing
        raise
