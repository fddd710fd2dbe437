"""Accounts after they were opened: what their users and the shop change of them, and what people may do."""

from auth.logic import sessions
from auth.logic.guards import confirm, logged
from auth.logic.verification import verification_of
from auth.model.accounts import Account, AccountFile, Role, User
from auth.model.oversight import MAX_ROLES, ChangeAccount, ChangeRole, CloseAccount, ManageAccount, RoleFields
from auth.model.words import NO_PASSWORD, ROLES, role_id
from auth.store import accounts
from auth.store import oversight as store
from shop.auth import Caller
from shop.errors import conflict, forbidden, invalid, not_found, version_mismatch
from shop.events import auth as said
from shop.races import LostRace, until_won

# Roles that are spelled in the code: they keep their names, and stay.
SHIPPED = {role_id(name) for name in ROLES}


def change_account(body: ChangeAccount, version: int, caller: Caller) -> Account:
    """A user's other names; a new address is to be verified (401 wrong_password; 409 email_taken, username_taken)."""
    user = accounts.existing(caller.user_id).at(version)
    confirm(user, body.current_password, caller)
    told = body.model_dump(exclude_unset=True, exclude={"current_password"})
    changed = sorted(name for name, value in told.items() if value != getattr(user, name))
    if not changed:
        return user
    moved = "email" in changed
    after = user.but(**told, **({"email_verified": False} if moved else {}))
    log = logged(user.user_id, "account_changed", caller, changed=changed)
    return store.save(user, after, log, verification_of(after) if moved else None)


def close_account(body: CloseAccount, caller: Caller) -> None:
    """A user's goodbye (401 wrong_password; 409 last_admin)."""

    def close() -> None:
        user = accounts.existing(caller.user_id)
        if user.has_password:
            confirm(user, body.current_password, caller)
        _close(user, caller)

    until_won(close)
    sessions.end_marked(caller.user_id)


def manage_account(user_id: str, version: int, body: ManageAccount, caller: Caller) -> AccountFile:
    """Suspend, reopen, unlock or delete an account (403 for support, if it is staff's; 422 invalid_transition; 412)."""
    try:
        return _manage(user_id, version, body, caller)
    except LostRace:
        raise version_mismatch() from None


def set_status(user: User, status: str, unlock: bool, caller: Caller) -> None:
    """Write whether an account is active, and that it is unlocked (409 last_admin)."""
    after, logs = user, []
    if status != user.status:
        after = after.but(status=status, generation=user.generation + 1)
        logs.append(logged(user.user_id, "status_changed", caller, was=user.status, status=status))
    if unlock and (user.failed_login_attempts or user.locked_until):
        after = after.but(failed_login_attempts=0, locked_until=None)
        logs.append(logged(user.user_id, "account_unlocked", caller))
    if logs:
        store.manage(user, after, store.roles_of(user.user_id), logs)


def on_user_deleted(event: "said.UserDeleted") -> None:
    """Forget a user: what the account's end left behind. Hearing it again finds nothing."""
    store.erase(event.user_id)


def assign(user_id: str, role_id: str, caller: Caller) -> None:
    """Give somebody a role, unless they have it (409 too_many_roles)."""

    def give() -> None:
        user, role = accounts.existing(user_id), existing_role(role_id)
        if user.status == "deleted":
            raise conflict("account_deleted", "A deleted account has no roles")
        if role.name in user.roles:
            return
        if len(user.roles) >= MAX_ROLES:
            raise conflict("too_many_roles", f"Nobody has more than {MAX_ROLES} roles")
        store.assign(user, role, logged(user_id, "role_assigned", caller, role=role.name))

    until_won(give)


def unassign(user_id: str, role_id: str, caller: Caller) -> None:
    """Take a role from somebody, if they have it (409 last_admin)."""

    def take() -> None:
        user, role = accounts.existing(user_id), existing_role(role_id)
        if role.name in user.roles:
            store.unassign(user, role, logged(user_id, "role_removed", caller, role=role.name))

    until_won(take)


def create_role(role_id: str, body: RoleFields, caller: Caller) -> Role:
    """A new role (409 role_exists)."""
    role = Role(role_id=role_id, **body.model_dump())
    return store.create_role(role, logged(caller.user_id, "role_created", caller, role=role.name))


def change_role(role_id: str, version: int, body: ChangeRole, caller: Caller) -> Role:
    """A changed role; nobody may have one that is renamed (409 role_in_use, role_exists)."""
    role = existing_role(role_id).at(version)
    after = role.but(**body.model_dump(exclude_unset=True))
    if after.name != role.name:
        _unused(role)
    if after == role:
        return role
    return store.save_role(role, after, logged(caller.user_id, "role_changed", caller, was=role.name, role=after.name))


def delete_role(role_id: str, version: int, caller: Caller) -> None:
    """Do away with a role that nobody has (409 role_in_use)."""
    role = existing_role(role_id).at(version)
    _unused(role)
    store.delete_role(role, logged(caller.user_id, "role_deleted", caller, role=role.name))


def existing_role(role_id: str) -> Role:
    """A role (404)."""
    found = store.role(role_id)
    if found is None:
        raise not_found("role")
    return found


def _manage(user_id: str, version: int, body: ManageAccount, caller: Caller) -> AccountFile:
    user = accounts.existing(user_id).at(version)
    if not caller.is_admin and ({"admin", "support"} & set(user.roles) or body.status == "deleted"):
        raise forbidden("Only an admin may do this")
    if user.status == "deleted" and (body.unlock or body.status not in (None, "deleted")):
        raise invalid("invalid_transition", "A deleted account stays deleted", "/status")
    if body.status == "deleted" and user.status != "deleted":
        _close(user, caller)
    elif user.status != "deleted":
        set_status(user, body.status or user.status, body.unlock, caller)
    if body.status not in (None, "active"):
        sessions.end_marked(user_id)
    return accounts.existing(user_id)


def _close(user: User, caller: Caller) -> None:
    """Leave a tombstone: what is not named here is as in an account that was never used."""
    after = User(
        user_id=user.user_id,
        email=f"{user.user_id}@deleted.invalid",
        status="deleted",
        roles=[],
        password_hash=NO_PASSWORD,
        generation=user.generation + 1,
        version=user.version,
        created_at=user.created_at,
    )
    store.close(user, after, store.roles_of(user.user_id), logged(user.user_id, "account_deleted", caller))


def _unused(role: Role) -> None:
    if role.role_id in SHIPPED or role.holders:
        raise conflict("role_in_use", "People have this role, or the shop needs it")
