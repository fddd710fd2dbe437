"""Where auth keeps its things. `{s}` is one of ten shards; an index is filled only where shown.

| thing        | PK                | SK                      | GSI1PK / GSI1SK                                    |
|--------------|-------------------|-------------------------|----------------------------------------------------|
| User         | USER#<user_id>    | META                    | USERS#<status>#{s} / <created_at>#<user_id>        |
| UserRole     | USER#<user_id>    | ROLE#<role_id>          | ROLEUSERS#<role_id>#{s} / <created_at>#<user_id>   |
| Device       | USER#<user_id>    | DEV#<device_id>         | -                                                  |
| LoginAttempt | USER#<user_id>    | LOGIN#<created_at>#<id> | USERDEV#<user_id>#<device_id> / LOGIN#<created_at> |
| Role         | ROLE#<role_id>    | META                    | ROLES / <name>                                     |
| Session      | SESS#<session_id> | SESS                    | USER#<user_id> / SESS#<created_at>#<session_id>    |
| RefreshToken | RT#<token_hash>   | RT                      | USER#<user_id> / RT#<created_at>#<id>              |

GSI2: a RefreshToken under RTFAM#<family_id> / <created_at>. A session that was ended is in no index.
Unique values: EMAIL (lower case), USERNAME (folded), ROLE (names).
"""

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path

from auth.model import HISTORY_KEPT, Device, KeptSession, LoginAttempt, RefreshToken, Role, User, UserRole
from shop import clock, settings
from shop.errors import Refusal
from shop.table import Key, Row, Table, sharded

table = Table("auth")


class Moved(Refusal):
    """409: what was read has changed meanwhile; read it again."""

    def __init__(self) -> None:
        super().__init__(409, "conflict", "It has changed meanwhile; try again")


def user_key(user_id: str) -> Key:
    """Where a user is."""
    return Key(f"USER#{user_id}", "META")


def role_key(role_id: str) -> Key:
    """Where a role is."""
    return Key(f"ROLE#{role_id}", "META")


def token_key(token_hash: str) -> Key:
    """Where a refresh token is."""
    return Key(f"RT#{token_hash}", "RT")


def session_key(session_id: str) -> Key:
    """Where a session is."""
    return Key(f"SESS#{session_id}", "SESS")


def device_key(user_id: str, device_id: str) -> Key:
    """Where a user's device is."""
    return Key(f"USER#{user_id}", f"DEV#{device_id}")


USERS = table.kind(
    "auth_user",
    User,
    lambda u: Row(user_key(u.user_id), gsi1=(sharded(f"USERS#{u.status}", u.user_id), f"{u.created_at}#{u.user_id}")),
)
ROLES = table.kind("role", Role, lambda r: Row(role_key(r.role_id), gsi1=("ROLES", r.name)))
USER_ROLES = table.kind(
    "user_role",
    UserRole,
    lambda r: Row(
        Key(f"USER#{r.user_id}", f"ROLE#{r.role_id}"),
        gsi1=(sharded(f"ROLEUSERS#{r.role_id}", r.user_id), f"{r.created_at}#{r.user_id}"),
    ),
)
TOKENS = table.kind(
    "refresh_token",
    RefreshToken,
    lambda t: Row(
        token_key(t.token_hash),
        gsi1=(f"USER#{t.user_id}", f"RT#{t.created_at}#{t.id}"),
        gsi2=(f"RTFAM#{t.family_id}", t.created_at),
        ttl=clock.ttl(t.expires_at, settings.REFRESH_TOKEN_TTL),
    ),
)
DEVICES = table.kind("device", Device, lambda d: Row(device_key(d.user_id, d.device_id)))
SESSIONS = table.kind(
    "session",
    KeptSession,
    lambda s: Row(
        session_key(s.session_id),
        gsi1=(f"USER#{s.user_id}", f"SESS#{s.created_at}#{s.session_id}") if s.is_active else None,
        ttl=clock.ttl(s.expires_at),
    ),
)
ATTEMPTS = table.kind(
    "login_history",
    LoginAttempt,
    lambda a: Row(
        Key(f"USER#{a.user_id}", f"LOGIN#{a.created_at}#{a.id}"),
        gsi1=(f"USERDEV#{a.user_id}#{a.device_id}", f"LOGIN#{a.created_at}") if a.device_id else None,
        ttl=clock.ttl(a.created_at, HISTORY_KEPT),
    ),
)


def unchanged(user: User) -> Condition:
    """True while a user may still be let in as when they were read."""
    return (Path("status") == "active") & (Path("generation") == user.generation)
