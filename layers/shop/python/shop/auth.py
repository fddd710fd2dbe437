"""Who is calling: the caller, the access token that proves it, and the session behind the token."""

from pydantic import BaseModel, ConfigDict

from shop.errors import not_found, unauthenticated
from shop.steps import ask
from shop.tokens import verified


class Caller(BaseModel):
    """Someone at the door: a signed-in user, or a guest who may hold a cart's session id."""

    model_config = ConfigDict(defer_build=True, frozen=True)

    user_id: str = ""
    roles: list[str] = []
    session_id: str = ""
    cart_session: str = ""
    ip_address: str = ""
    user_agent: str = ""

    @property
    def is_admin(self) -> bool:
        """May run the shop."""
        return "admin" in self.roles

    @property
    def is_staff(self) -> bool:
        """May see other people's things: admin or support."""
        return bool({"admin", "support"} & set(self.roles))

    @property
    def principal(self) -> str:
        """The name under which this caller's idempotency keys are kept."""
        return self.user_id or self.cart_session or f"anonymous {self.ip_address}"

    def may_see(self, owner_id: str | None) -> bool:
        """Whether something of `owner_id` may be shown to this caller."""
        return self.is_staff or (bool(self.user_id) and owner_id == self.user_id)

    def whose(self, user_id: str | None) -> str:
        """Whose things are asked for: the caller's own, or those of who is named, if they may be shown (404)."""
        if user_id is not None and not self.may_see(user_id):
            raise not_found("user")
        return user_id or self.user_id


def verify(token: str) -> Caller:
    """The caller an access token speaks for; 401 when it is not ours, or expired."""
    said = verified(token)
    return Caller(user_id=said["sub"], roles=said["roles"], session_id=said["sid"])


def check_session(caller: Caller) -> Caller:
    """The caller as auth knows them this moment; 401 session_ended when the session is over."""
    answer = ask("auth", "check_session", {"session_id": caller.session_id, "user_id": caller.user_id})
    if not answer["active"]:
        raise unauthenticated("session_ended", "The session has ended; sign in again")
    return caller.model_copy(update={"roles": answer["roles"]})
