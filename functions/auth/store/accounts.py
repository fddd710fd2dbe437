"""Users and roles in the table."""

from pynamodb.expressions.operand import Path

from auth.model.accounts import Role, Stranger, User, UserRole
from auth.model.proofs import EmailVerification
from auth.model.words import STRANGERS_KEPT, email_address, role_id, stranger_id, username_key
from auth.store import ROLES, STRANGERS, USER_ROLES, USERS, role_key, stranger_key, table, user_key
from auth.store.proofs import write_verification
from shop import clock
from shop.errors import Refusal, conflict, not_found
from shop.events import auth as said
from shop.races import LostRace
from shop.table import AlreadyMade, Transaction, owner_of

# Whom we look up when an identifier is nobody's, so that the answer takes as long.
NOBODY = "nobody"
CUSTOMER, ADMIN = role_id("customer"), role_id("admin")


def user(user_id: str) -> User | None:
    """A user, if there is one."""
    return USERS.get(user_key(user_id))


def existing(user_id: str) -> User:
    """A user (404)."""
    found = user(user_id)
    if found is None:
        raise not_found("account")
    return found


def user_of(identifier: str) -> User | None:
    """Whose email address or username this is (AP4). Two GetItems, also when it is nobody's."""
    kind, value = _unique(identifier)
    owner = owner_of(table, kind, value)
    return USERS.get(owner or user_key(NOBODY))


def whoever(identifier: str) -> User | Stranger:
    """Whose email address or username this is (AP4), or the stranger it is. Two GetItems, either way."""
    owner = owner_of(table, *_unique(identifier))
    found = USERS.get(owner) if owner else None
    if found:
        return found
    stranger = Stranger(user_id=stranger_id(identifier), expires_at=clock.after(STRANGERS_KEPT))
    kept = None if owner else STRANGERS.get(stranger_key(stranger.user_id))
    return kept.but(expires_at=stranger.expires_at) if kept and kept.expires_at > clock.now() else stranger


def open_account(
    user: User,
    news: "said.UserCreated",
    proof: "tuple[EmailVerification, said.EmailVerificationRequested] | None" = None,
) -> User:
    """Write a new user with the names and roles they hold, and a token for their address, if it needs one.

    409 email_taken, username_taken.
    """
    with table.transaction() as tx:
        write_account(tx, user, news, proof)
    return user


def write_account(
    tx: Transaction,
    user: User,
    news: "said.UserCreated",
    proof: "tuple[EmailVerification, said.EmailVerificationRequested] | None",
    taken: Refusal | None = None,
) -> None:
    """As part of a larger write: a new user, and what goes with them."""
    key = user_key(user.user_id)
    tx.create(USERS, user)
    tx.claim("EMAIL", user.email, key, taken or email_taken())
    if user.username:
        tx.claim("USERNAME", username_key(user.username), key, name_taken())
    for role in user.roles:
        tx.put(USER_ROLES, UserRole(user_id=user.user_id, role_id=role_id(role)))
        count_holders(tx, role_id(role), holders=1, active=1)
    tx.say(news)
    if proof:
        write_verification(tx, *proof, version=user.version)


def email_taken() -> Refusal:
    """409: somebody else has the address."""
    return conflict("email_taken", "There is an account with this address")


def name_taken() -> Refusal:
    """409: somebody else has the username."""
    return conflict("username_taken", "Somebody has this name; choose another")


def count_holders(tx: Transaction, role_id: str, *, holders: int = 0, active: int = 0, name: str | None = None) -> None:
    """As part of a larger write: so many more accounts have a role, if it still has this name (LostRace).

    The shop keeps one active admin (409 last_admin). Customers are not counted: everyone is one.
    """
    if role_id == CUSTOMER:
        return
    last = active < 0 and role_id == ADMIN
    same = Path("name") == name if name else Path("PK").exists()
    tx.update(
        role_key(role_id),
        Path("holders").set(Path("holders") + holders),
        Path("active_holders").set(Path("active_holders") + active),
        condition=Path("active_holders") > 1 if last else same,
        otherwise=conflict("last_admin", "The shop would have no admin") if last else LostRace(),
    )


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
