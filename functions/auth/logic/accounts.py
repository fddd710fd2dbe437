"""Accounts: opened by anyone, suspended and reopened by operators; and the first admin."""

from auth import passwords
from auth.logic import oversight, sessions
from auth.logic.verification import verification_of
from auth.model.accounts import Account, ChangeStatus, OpenAccount, Role, User, UserRef
from auth.model.words import ROLES, role_id
from auth.store import accounts
from shop.auth import Caller
from shop.errors import conflict, not_found
from shop.events import auth as said
from shop.ids import derived, new_id
from shop.races import until_won
from shop.table import AlreadyMade


def open_account(operation_id: str, body: OpenAccount) -> Account:
    """A new customer's account (422 weak_password; 409 email_taken, username_taken).

    What an earlier run of the same request made is given only to who knows its password: keys are no secret.
    """
    user_id = derived(operation_id, body.email)
    try:
        return _open(user_id, body, ["customer"])
    except AlreadyMade as made:
        found = accounts.user(user_id)
        if found and found.email == body.email and passwords.matches(found.password_hash, body.password):
            return found
        raise conflict("email_taken", "There is an account with this address") from made


def seed_admin(body: OpenAccount) -> UserRef:
    """The shop's roles, and an account that is its admin; one that is there keeps its password."""
    for name, description in ROLES.items():
        accounts.make_role(Role(role_id=role_id(name), name=name, description=description))
    found = accounts.user_of(body.email)
    if found is None:
        found = _open(new_id(), body, ["customer", "admin"])
    else:
        oversight.assign(found.user_id, role_id("admin"), Caller())
    return UserRef(user_id=found.user_id)


def change_status(change: ChangeStatus) -> UserRef:
    """Suspend an account, which ends all its sessions, or reopen it; one that is deleted has no address."""

    def write() -> User:
        user = accounts.user_of(change.email)
        if user is None:
            raise not_found("account")
        oversight.set_status(user, change.status, False, Caller())
        return user

    user = until_won(write)
    if change.status != "active":
        sessions.end_marked(user.user_id)
    return UserRef(user_id=user.user_id)


def _open(user_id: str, body: OpenAccount, roles: list[str]) -> User:
    about = [body.email, *body.email.split("@"), body.username, body.first_name, body.last_name]
    passwords.check_strength(body.password, [word for word in about if word])
    user = User(
        user_id=user_id,
        email=body.email,
        username=body.username,
        roles=roles,
        password_hash=passwords.hashed(body.password),
    )
    names = {"first_name", "last_name", "phone", "language"}
    news = said.UserCreated(
        user_id=user_id, email=user.email, username=user.username, roles=roles, **body.model_dump(include=names)
    )
    return accounts.open_account(user, news, verification_of(user))
