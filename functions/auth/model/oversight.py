"""What people may change of accounts and roles, and the log in which all that touches their safety is written."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from auth.model.words import Email, Password, Secret, Status, Username
from shop.ids import new_id
from shop.pages import Paging, Whose
from shop.records import Body, Json, Line, Moment, Record, folded

MAX_ROLES = 20

RoleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,49}$"), folded]
Description = Annotated[Line, StringConstraints(max_length=255)]


class ChangeAccount(Body):
    """What users change of their own account. What is left out stays; a username that is null is given up."""

    username: Username | None = None
    email: Email | None = None
    current_password: Password

    @model_validator(mode="after")
    def _has_an_address(self) -> Self:
        if "email" in self.model_fields_set and self.email is None:
            raise ValueError("an account has an address")
        return self


class CloseAccount(Body):
    """Goodbye. Only who has no password need not give one."""

    current_password: Secret | None = Field(default=None, repr=False)


class ChangePassword(Body):
    """The password so far, and the one from now on."""

    current_password: Password
    new_password: Password


class ManageAccount(Body):
    """What the shop changes of somebody's account."""

    status: Annotated[Status, folded] | None = None
    unlock: bool = False


class RoleFields(Body):
    """A new role."""

    name: RoleName
    description: Description | None = None


class ChangeRole(Body):
    """What changes of a role; what is left out stays."""

    name: RoleName | None = None
    description: Description | None = None

    @model_validator(mode="after")
    def _has_a_name(self) -> Self:
        if "name" in self.model_fields_set and self.name is None:
            raise ValueError("a role has a name")
        return self


class SecurityAuditLog(Record):
    """AUTH-08. Something that was done about somebody's safety, from where, and by whom if not by them."""

    id: str = Field(default_factory=new_id)
    user_id: str
    action: str
    ip_address: str | None = None
    metadata: Json = {}


class AccountList(Paging):
    """Accounts of one status, with an address or a username, or opened since."""

    status: Annotated[Status, folded] | None = None
    email: Email | None = None
    username: Username | None = None
    created_from: Moment | None = None


class LoginHistory(Paging):
    """Sign-ins, from one device if it is named."""

    device_id: str | None = Field(default=None, min_length=1, max_length=128)


class WhoseLoginHistory(LoginHistory, Whose):
    """Somebody's sign-ins."""


class AuditList(Paging):
    """The log of one user or of all, of one day, of one kind of action; with nothing named, of today.

    An action without a day or a user is of the day's month.
    """

    user_id: str | None = Field(default=None, min_length=1, max_length=64)
    day: str | None = Field(default=None, pattern=r"^\d{4}-\d\d-\d\d$")
    action: str | None = Field(default=None, pattern=r"^[a-z_]{1,100}$")
