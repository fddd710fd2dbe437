"""What a route declares: who may knock, what it takes, what it answers."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, NewType, TypeVar, get_args, get_origin

from shop.limits import Limit

B = TypeVar("B")

OperationId = NewType("OperationId", str)  # the id of what a POST makes: the same again for a repeated Idempotency-Key
Version = NewType("Version", int)  # the version in If-Match


class Who(Enum):
    """Who may knock, and which of their roles opens the door (none: any signed-in user)."""

    PUBLIC = "public"
    GUEST_OR_CUSTOMER = "guest-or-customer"
    CUSTOMER = "customer"
    SELLER = "seller"
    SELLER_OR_SUPPORT = "seller-or-support"
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
SELLER, SELLER_OR_SUPPORT, SUPPORT, ADMIN = Who.SELLER, Who.SELLER_OR_SUPPORT, Who.SUPPORT, Who.ADMIN
_ROLES = {
    SELLER: frozenset({"seller", "admin"}),
    SELLER_OR_SUPPORT: frozenset({"seller", "support", "admin"}),
    SUPPORT: frozenset({"support", "admin"}),
    ADMIN: frozenset({"admin"}),
}


class Pdf(bytes):
    """A document to print."""

    media_type = "application/pdf"


class Html(str):
    """A page to read."""

    media_type = "text/html; charset=utf-8"


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
    refuses: Sequence[int] = ()  # statuses of refusals that few routes know
    also: Sequence[Mapping[str, Any]] = ()  # headers and cookies it takes besides, as OpenAPI describes parameters
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
