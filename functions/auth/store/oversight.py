"""What changes of accounts and roles, in the table, each with its line in the log; and the lists of all of it."""

from pynamodb.expressions.operand import Path

from auth.model.accounts import AccountFile, Role, User, UserRole
from auth.model.oversight import AccountList, AuditList, LoginHistory, SecurityAuditLog
from auth.model.proofs import EmailVerification, PasswordReset
from auth.model.sessions import KeptSession, LoginAttempt
from auth.model.words import HISTORY_KEPT, username_key
from auth.store import (
    ATTEMPTS,
    AUDITS,
    ROLES,
    USER_ROLES,
    USERS,
    role_key,
    session_key,
    table,
    token_key,
    unchanged,
    user_key,
)
from auth.store.accounts import count_holders, email_taken, name_taken, user_of
from auth.store.proofs import void, write_verification
from shop import clock
from shop.errors import Refusal, conflict, version_mismatch
from shop.events import Event
from shop.events import auth as said
from shop.pages import Page, Paging
from shop.races import LostRace
from shop.table import GSI1, GSI2, TABLE, Key, Transaction, shards

LAST = "\U0010ffff"
STATUSES = ("active", "suspended", "deleted")
YES = True


def save(
    before: User,
    after: User,
    log: SecurityAuditLog,
    proof: "tuple[EmailVerification, said.EmailVerificationRequested] | None" = None,
) -> User:
    """Write a user's new names; with another address come a token for it and the end of what the old one was sent.

    409 email_taken, username_taken; 412.
    """
    key = user_key(before.user_id)
    with table.transaction() as tx:
        saved = tx.save(USERS, after)
        _rename(tx, key, "USERNAME", _folded(before), _folded(after), name_taken())
        if proof:
            _rename(tx, key, "EMAIL", before.email, after.email, email_taken())
            void(tx, before.user_id, PasswordReset)
            write_verification(tx, *proof, version=saved.version)
            changed = said.UserEmailChanged(user_id=before.user_id, old_email=before.email, email=after.email)
            tx.say(changed, saved.version)
        tx.put(AUDITS, log)
    return saved


def change_password(user: User, session: KeptSession, password_hash: str, log: SecurityAuditLog) -> None:
    """Write another password; of all sessions only this one goes on. LostRace when something of it has changed."""
    generation = Path("generation").set(user.generation + 1)
    with table.transaction() as tx:
        tx.update(
            user_key(user.user_id),
            Path("password_hash").set(password_hash),
            Path("failed_login_attempts").set(0),
            Path("locked_until").remove(),
            generation,
            condition=(Path("password_hash") == user.password_hash) & unchanged(user),
            otherwise=LostRace(),
        )
        same = (Path("is_active") == YES) & (Path("session_token_hash") == session.session_token_hash)
        tx.update(session_key(session.session_id), generation, condition=same, otherwise=LostRace())
        last = Path("revoked_at").does_not_exist()
        tx.update(token_key(session.session_token_hash), generation, condition=last, otherwise=LostRace())
        void(tx, user.user_id, PasswordReset)
        tx.put(AUDITS, log)
        tx.say(said.UserPasswordChanged(user_id=user.user_id), user.version + 1)


def manage(before: User, after: User, roles: list[UserRole], logs: list[SecurityAuditLog]) -> User:
    """Write what the shop changed of an account: whether it is active, and locked (409 last_admin; LostRace)."""
    with table.transaction() as tx:
        saved = tx.save(USERS, after, otherwise=LostRace())
        for log in logs:
            tx.put(AUDITS, log)
        if after.status != before.status:
            for role in roles:
                count_holders(tx, role.role_id, active=1 if after.is_active else -1)
            tx.say(_status_changed(before, after), saved.version)
    return saved


def close(before: User, after: User, roles: list[UserRole], log: SecurityAuditLog) -> None:
    """Write that an account is deleted: its names are free, nobody can sign in (409 last_admin; LostRace)."""
    key = user_key(before.user_id)
    with table.transaction() as tx:
        saved = tx.save(USERS, after, otherwise=LostRace())
        _rename(tx, key, "EMAIL", before.email, None, email_taken())
        _rename(tx, key, "USERNAME", _folded(before), None, name_taken())
        for role in roles:
            tx.delete(Key(key.pk, f"ROLE#{role.role_id}"))
            count_holders(tx, role.role_id, holders=-1, active=-1 if before.is_active else 0)
        tx.put(AUDITS, log)
        tx.say(_status_changed(before, after), saved.version)
        tx.say(said.UserDeleted(user_id=before.user_id), saved.version)


def erase(user_id: str) -> None:
    """Remove all that is kept of a deleted user but the tombstone and the log; again changes nothing."""
    own, low = user_key(user_id).pk, " "
    while items := table.items(own, low=low, high=LAST, limit=100):
        names = [item["SK"]["S"] for item in items]
        table.delete_all(Key(own, name) for name in names if name != "META" and not name.startswith("AUDIT#"))
        low = f"{names[-1]} "
    table.delete_all(Key(item["PK"]["S"], item["SK"]["S"]) for item in table.items(own, index=GSI1))


def roles_of(user_id: str) -> list[UserRole]:
    """The roles of a user (AP6)."""
    return USER_ROLES.query(user_key(user_id).pk, prefix="ROLE#")


def assign(user: User, role: Role, log: SecurityAuditLog) -> None:
    """Give a user another role (404 when it is gone; LostRace)."""
    with table.transaction() as tx:
        saved = tx.save(USERS, user.but(roles=[*user.roles, role.name]), otherwise=LostRace())
        tx.put(USER_ROLES, UserRole(user_id=user.user_id, role_id=role.role_id))
        _count(tx, role, user, 1)
        tx.put(AUDITS, log)
        tx.say(said.UserRolesChanged(user_id=user.user_id, roles=saved.roles), saved.version)


def unassign(user: User, role: Role, log: SecurityAuditLog) -> None:
    """Take a role from a user (409 last_admin; LostRace)."""
    with table.transaction() as tx:
        roles = [name for name in user.roles if name != role.name]
        saved = tx.save(USERS, user.but(roles=roles), otherwise=LostRace())
        tx.delete(Key(user_key(user.user_id).pk, f"ROLE#{role.role_id}"))
        _count(tx, role, user, -1)
        tx.put(AUDITS, log)
        tx.say(said.UserRolesChanged(user_id=user.user_id, roles=saved.roles), saved.version)


def role(role_id: str) -> Role | None:
    """A role, if there is one."""
    return ROLES.get(role_key(role_id))


def create_role(role: Role, log: SecurityAuditLog) -> Role:
    """Write a new role (409 role_exists)."""
    with table.transaction() as tx:
        tx.create(ROLES, role)
        tx.claim("ROLE", role.name, role_key(role.role_id), _exists())
        tx.put(AUDITS, log)
    return role


def save_role(before: Role, after: Role, log: SecurityAuditLog) -> Role:
    """Write a changed role (409 role_exists; 412, also when somebody was given it meanwhile)."""
    with table.transaction() as tx:
        saved = tx.save(ROLES, after)
        _rename(tx, role_key(before.role_id), "ROLE", before.name, after.name, _exists())
        tx.put(AUDITS, log)
    return saved


def delete_role(role: Role, log: SecurityAuditLog) -> None:
    """Remove a role (412, also when somebody was given it meanwhile)."""
    key = role_key(role.role_id)
    with table.transaction() as tx:
        tx.delete(key, Path("version") == role.version, version_mismatch())
        tx.unclaim("ROLE", role.name, key)
        tx.put(AUDITS, log)


def roles(paging: Paging) -> Page[Role]:
    """All roles by name (AP6)."""
    return ROLES.page("ROLES", paging, newest_first=False)


def holders(role_id: str, paging: Paging) -> Page[AccountFile]:
    """The accounts that have a role, newest first (AP6)."""
    found = USER_ROLES.page(shards(f"ROLEUSERS#{role_id}"), paging)
    users = {user.user_id: user for user in USERS.many(user_key(link.user_id) for link in found.data)}
    data = [users[link.user_id] for link in found.data if link.user_id in users]
    return found.showing(data)


def accounts(query: AccountList) -> Page[AccountFile]:
    """Accounts, newest first (AP4, AP5)."""
    if query.email or query.username:
        found = user_of(query.email or query.username or "")
        return Page(data=[found] if found and _fits(found, query) else [])
    statuses = (query.status,) if query.status else STATUSES
    partitions = [shard for status in statuses for shard in shards(f"USERS#{status}")]
    return USERS.page(partitions, query, low=query.created_from or "", high=LAST)


def login_history(user_id: str, query: LoginHistory) -> Page[LoginAttempt]:
    """The sign-ins of a user, or from one of their devices, newest first (AP11)."""
    since = f"LOGIN#{clock.after(-HISTORY_KEPT)}"
    if query.device_id:
        return ATTEMPTS.page(f"USERDEV#{user_id}#{query.device_id}", query, low=since, high=f"LOGIN#{LAST}")
    return ATTEMPTS.page(user_key(user_id).pk, query, index=TABLE, low=since, high=f"LOGIN#{LAST}")


def audits(query: AuditList) -> Page[SecurityAuditLog]:
    """The security audit log, newest first (AP11)."""
    today = clock.now()[:10]
    if query.user_id:
        return _audits_of(query.user_id, query)
    if query.action:
        month = shards(f"AUDITACT#{query.action}#{(query.day or today)[:7]}")
        return AUDITS.page(month, query, index=GSI2, prefix=query.day or "")
    return AUDITS.page(shards(f"AUDITDAY#{query.day or today}"), query)


def _audits_of(user_id: str, query: AuditList) -> Page[SecurityAuditLog]:
    pk, prefix = user_key(user_id).pk, f"AUDIT#{query.day or ''}"
    if not query.action:
        return AUDITS.page(pk, query, index=TABLE, prefix=prefix)
    # No index is by user and action, but one user's log is short.
    logs = AUDITS.query(pk, prefix=prefix, newest_first=True)
    rows = [(AUDITS.row(log).key.sk, log) for log in logs if log.action == query.action]
    rows = [row for row in rows if query.after is None or row[0] < query.after]
    shown = rows[: query.limit]
    page: Page[SecurityAuditLog] = query.page(
        [log for _, log in shown], last=shown[-1][0] if len(rows) > len(shown) else None
    )
    return page


def _fits(user: User, query: AccountList) -> bool:
    return (
        query.status in (None, user.status)
        and query.email in (None, user.email)
        and (query.username is None or username_key(query.username) == _folded(user))
        and (query.created_from or "") <= user.created_at
    )


def _rename(tx: Transaction, owner: Key, unique: str, before: str | None, after: str | None, taken: Refusal) -> None:
    if before != after:
        if before:
            tx.unclaim(unique, before, owner)
        if after:
            tx.claim(unique, after, owner, taken)


def _folded(user: User) -> str | None:
    return username_key(user.username) if user.username else None


def _count(tx: Transaction, role: Role, user: User, by: int) -> None:
    count_holders(tx, role.role_id, holders=by, active=by if user.is_active else 0, name=role.name)


def _status_changed(before: User, after: User) -> Event:
    return said.UserStatusChanged(
        user_id=before.user_id, was=before.status, status=after.status, is_active=after.is_active
    )


def _exists() -> Refusal:
    return conflict("role_exists", "There is a role of this name")
