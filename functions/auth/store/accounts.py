"""Users and roles in the table."""

from pynamodb.expressions.operand import Path

from auth.model import Role, User, UserRole, email_address, role_id, username_key
from auth.store import ROLES, USER_ROLES, USERS, Moved, role_key, table, user_key
from shop.errors import conflict
from shop.events.auth import UserCreated, UserRolesChanged, UserStatusChanged
from shop.table import AlreadyMade, owner_of

# Whom we look up when an identifier is nobody's, so that the answer takes as long.
NOBODY = "nobody"


def user(user_id: str) -> User | None:
    """A user, if there is one."""
    return USERS.get(user_key(user_id))


def user_of(identifier: str) -> User | None:
    """Whose email address or username this is (AP4). Two GetItems, also when it is nobody's."""
    kind, value = _unique(identifier)
    owner = owner_of(table, kind, value)
    return USERS.get(owner or user_key(NOBODY))


def open_account(user: User, said: UserCreated) -> User:
    """Write a new user with the names and roles they hold (409 email_taken, username_taken)."""
    key = user_key(user.user_id)
    with table.transaction() as tx:
        tx.create(USERS, user)
        tx.claim("EMAIL", user.email, key, conflict("email_taken", "There is an account with this address"))
        if user.username:
            taken = conflict("username_taken", "Somebody has this name; choose another")
            tx.claim("USERNAME", username_key(user.username), key, taken)
        for role in user.roles:
            tx.put(USER_ROLES, UserRole(user_id=user.user_id, role_id=role_id(role)))
        tx.say(said)
    return user


def add_role(user: User, role: str) -> None:
    """Give a user another role."""
    with table.transaction() as tx:
        saved = tx.save(USERS, user.but(roles=[*user.roles, role]), otherwise=Moved())
        tx.put(USER_ROLES, UserRole(user_id=user.user_id, role_id=role_id(role)))
        tx.say(UserRolesChanged(user_id=user.user_id, roles=saved.roles), saved.version)


def change_status(user: User, said: UserStatusChanged) -> None:
    """Write a user's new status; no session from before it holds any longer."""
    with table.transaction() as tx:
        changed = user.but(status=said.status, generation=user.generation + 1)
        tx.say(said, tx.save(USERS, changed, otherwise=Moved()).version)


def raise_generation(user_id: str) -> None:
    """Let no session or token of a user hold that exists now."""
    with table.transaction() as tx:
        tx.update(user_key(user_id), Path("generation").set(Path("generation") + 1))


def make_role(role: Role) -> None:
    """Write a role, unless it is there."""
    try:
        with table.transaction() as tx:
            made = tx.create(ROLES, role)
            tx.claim("ROLE", role.name, role_key(made.role_id), conflict("role_exists"))
    except AlreadyMade:
        pass


def _unique(identifier: str) -> tuple[str, str]:
    return ("EMAIL", email_address(identifier)) if "@" in identifier else ("USERNAME", username_key(identifier))
