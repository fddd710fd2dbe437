"""The doors into auth: accounts, signing in and out, and the keys by which everyone knows our tokens."""

from collections.abc import Callable

from chalice.app import Request, Response

from auth import cookies, tokens
from auth.logic import (
    accounts,
    credentials,
    devices,
    factors,
    identities,
    keys,
    oversight,
    second_step,
    sessions,
    verification,
)
from auth.model.accounts import Account, AccountFile, ChangeStatus, OpenAccount, Role, UserRef
from auth.model.factors import (
    BackupCodes,
    ChangeDevice,
    ConfirmCode,
    DisableMfa,
    Enrollment,
    MfaRequired,
    SecondStep,
    TrustedPair,
)
from auth.model.identities import Callback, OAuthIdentity
from auth.model.oversight import (
    AccountList,
    AuditList,
    ChangeAccount,
    ChangePassword,
    ChangeRole,
    CloseAccount,
    LoginHistory,
    ManageAccount,
    RoleFields,
    SecurityAuditLog,
    WhoseLoginHistory,
)
from auth.model.proofs import AskCode, AskReset, ConfirmEmail, ConfirmPhone, ResetPassword
from auth.model.sessions import (
    Device,
    HandIn,
    Jwks,
    LoginAttempt,
    Origin,
    Question,
    Session,
    SignIn,
    Standing,
    TokenPair,
    TrustedDevice,
)
from auth.model.words import username_key
from auth.store import accounts as users
from auth.store import identities as identity_store
from auth.store import oversight as records
from auth.store import sessions as store
from auth.store import table
from shop import settings
from shop.api import ADMIN, CUSTOMER, PUBLIC, SUPPORT, Answer, Api, OperationId, Version
from shop.auth import Caller
from shop.limits import Limit
from shop.pages import Page, Paging, WhosePaging
from shop.requests import origin_of

app = Api("auth", table)

# Where trying often would pay: guessing a password, opening accounts by the thousand.
LOGINS = Limit(
    "login", "RATE_LOGIN", settings.MINUTE, lambda who, body: f"{who.ip_address} {username_key(body.identifier)}"
)
REGISTRATIONS = Limit("register", "RATE_REGISTER", settings.HOUR, lambda who, _: who.ip_address)
RESETS = Limit("password-reset", "RATE_PASSWORD_RESET", settings.HOUR, lambda _, body: body.email)


@app.route(
    "/accounts",
    methods=["POST"],
    who=PUBLIC,
    status=201,
    location="/accounts/{user_id}",
    secret=True,
    limit=REGISTRATIONS,
)
def open_account(operation_id: OperationId, body: OpenAccount) -> Account:
    return accounts.open_account(operation_id, body)


@app.route("/accounts/me", who=CUSTOMER)
def get_own_account(caller: Caller) -> Account:
    return users.existing(caller.user_id)


@app.route("/accounts/me", methods=["PATCH"], who=CUSTOMER, fresh=True, if_match=True, secret=True, refuses=[423])
def change_own_account(version: Version, body: ChangeAccount, caller: Caller) -> Account:
    return oversight.change_account(body, version, caller)


@app.route("/accounts/me", methods=["DELETE"], who=CUSTOMER, fresh=True, status=202, secret=True, refuses=[423])
def close_own_account(body: CloseAccount, caller: Caller) -> None:
    oversight.close_account(body, caller)


@app.route("/accounts/me/password-changes", methods=["POST"], who=CUSTOMER, fresh=True, secret=True, refuses=[423])
def change_password(body: ChangePassword, caller: Caller) -> None:
    credentials.change_password(body, caller)


@app.route("/password-resets", methods=["POST"], who=PUBLIC, status=202, secret=True, limit=RESETS)
def ask_password_reset(request: Request, body: AskReset) -> None:
    credentials.ask_reset(body, _origin(request))


@app.route("/password-resets/confirmations", methods=["POST"], who=PUBLIC, secret=True, refuses=[410])
def reset_password(request: Request, body: ResetPassword) -> None:
    credentials.reset_password(body, _origin(request))


@app.route("/email-verifications", methods=["POST"], who=CUSTOMER, status=202)
def ask_email_verification(caller: Caller) -> None:
    verification.ask_again(caller)


@app.route("/email-verifications/confirmations", methods=["POST"], who=PUBLIC, secret=True, refuses=[410])
def confirm_email(request: Request, body: ConfirmEmail) -> None:
    verification.confirm_email(body.token, _origin(request))


@app.route("/phone-verifications", methods=["POST"], who=CUSTOMER, fresh=True, status=202, secret=True)
def ask_phone_verification(body: AskCode, caller: Caller) -> None:
    verification.ask_code(body, caller)


@app.route("/phone-verifications/confirmations", methods=["POST"], who=CUSTOMER, fresh=True, secret=True, refuses=[410])
def confirm_phone(body: ConfirmPhone, caller: Caller) -> None:
    verification.confirm_phone(body.code, caller)


@app.route("/login-history", who=CUSTOMER)
def list_own_logins(caller: Caller, query: WhoseLoginHistory) -> Page[LoginAttempt]:
    return records.login_history(caller.whose(query.user_id), query)


@app.route("/accounts", who=SUPPORT)
def list_accounts(query: AccountList) -> Page[AccountFile]:
    return records.accounts(query)


@app.route("/accounts/{user_id}", who=SUPPORT)
def get_account(user_id: str) -> AccountFile:
    return users.existing(user_id)


@app.route("/accounts/{user_id}", methods=["PATCH"], who=SUPPORT, if_match=True)
def manage_account(user_id: str, version: Version, body: ManageAccount, caller: Caller) -> AccountFile:
    return oversight.manage_account(user_id, version, body, caller)


@app.route("/accounts/{user_id}/login-history", who=ADMIN)
def list_logins(user_id: str, query: LoginHistory) -> Page[LoginAttempt]:
    return records.login_history(users.existing(user_id).user_id, query)


@app.route("/security-audit-logs", who=ADMIN)
def list_audits(query: AuditList) -> Page[SecurityAuditLog]:
    return records.audits(query)


@app.route("/roles", who=ADMIN)
def list_roles(query: Paging) -> Page[Role]:
    return records.roles(query)


@app.route("/roles", methods=["POST"], who=ADMIN, status=201, location="/roles/{role_id}")
def create_role(role_id: OperationId, body: RoleFields, caller: Caller) -> Role:
    return oversight.create_role(role_id, body, caller)


@app.route("/roles/{role_id}", methods=["PATCH"], who=ADMIN, if_match=True)
def change_role(role_id: str, version: Version, body: ChangeRole, caller: Caller) -> Role:
    return oversight.change_role(role_id, version, body, caller)


@app.route("/roles/{role_id}", methods=["DELETE"], who=ADMIN, if_match=True)
def delete_role(role_id: str, version: Version, caller: Caller) -> None:
    oversight.delete_role(role_id, version, caller)


@app.route("/roles/{role_id}/accounts", who=ADMIN)
def list_holders(role_id: str, query: Paging) -> Page[AccountFile]:
    return records.holders(oversight.existing_role(role_id).role_id, query)


@app.route("/accounts/{user_id}/roles/{role_id}", methods=["PUT"], who=ADMIN)
def assign_role(user_id: str, role_id: str, caller: Caller) -> None:
    oversight.assign(user_id, role_id, caller)


@app.route("/accounts/{user_id}/roles/{role_id}", methods=["DELETE"], who=ADMIN)
def unassign_role(user_id: str, role_id: str, caller: Caller) -> None:
    oversight.unassign(user_id, role_id, caller)


@app.route(
    "/sessions",
    methods=["POST"],
    who=PUBLIC,
    status=201,
    secret=True,
    limit=LOGINS,
    also=[cookies.TRANSPORT],
    refuses=[423],
)
def sign_in(request: Request, body: SignIn) -> Answer[TokenPair | MfaRequired]:
    return _entered(sessions.sign_in(body, _origin(request)))


@app.route(
    "/sessions/mfa", methods=["POST"], who=PUBLIC, status=201, secret=True, also=[cookies.TRANSPORT], refuses=[423]
)
def answer_mfa(request: Request, body: SecondStep) -> TrustedPair:
    return second_step.answer(body, _origin(request))


@app.route("/sessions", who=CUSTOMER)
def list_sessions(caller: Caller, query: WhosePaging) -> Page[Session]:
    return store.sessions(caller.whose(query.user_id), query)


@app.route("/sessions", methods=["DELETE"], who=CUSTOMER, fresh=True, also=[cookies.TRANSPORT])
def end_all_sessions(caller: Caller) -> None:
    sessions.end_all(caller.user_id)


@app.route("/sessions/current", methods=["DELETE"], who=CUSTOMER, fresh=True, also=[cookies.TRANSPORT])
def sign_out(caller: Caller) -> None:
    sessions.end(caller.session_id, caller)


@app.route("/sessions/{session_id}", methods=["DELETE"], who=CUSTOMER, fresh=True)
def end_session(session_id: str, caller: Caller) -> None:
    sessions.end(session_id, caller)


@app.route("/mfa/enrollments", methods=["POST"], who=CUSTOMER, fresh=True, status=201, secret=True)
def enroll_mfa(caller: Caller) -> Enrollment:
    return factors.enroll(caller)


@app.route("/mfa/enrollments/confirmations", methods=["POST"], who=CUSTOMER, fresh=True, secret=True)
def confirm_mfa(body: ConfirmCode, caller: Caller) -> BackupCodes:
    return factors.confirm(caller, body.code)


@app.route("/mfa/backup-codes", methods=["POST"], who=CUSTOMER, fresh=True, status=201, secret=True, refuses=[423])
def replace_backup_codes(body: ConfirmCode, caller: Caller) -> BackupCodes:
    return factors.replace_codes(caller, body.code)


@app.route("/mfa", methods=["DELETE"], who=CUSTOMER, fresh=True, secret=True, refuses=[423])
def disable_mfa(body: DisableMfa, caller: Caller) -> None:
    factors.disable(caller, body)


@app.route("/devices", who=CUSTOMER)
def list_devices(caller: Caller, query: WhosePaging) -> Page[Device]:
    return devices.list_devices(caller.whose(query.user_id), query)


@app.route("/devices/{device_id}", methods=["PATCH"], who=CUSTOMER, fresh=True, secret=True)
def change_device(device_id: str, body: ChangeDevice, caller: Caller) -> TrustedDevice:
    return devices.change(device_id, body, caller)


@app.route("/devices/{device_id}", methods=["DELETE"], who=CUSTOMER, fresh=True)
def remove_device(device_id: str, caller: Caller) -> None:
    devices.remove(device_id, caller)


@app.route("/oauth/{provider}/authorizations", who=PUBLIC, status=302)
def begin_oauth(provider: str) -> Answer[None]:
    address, cookie = identities.begin(provider)
    return Answer(None, 302, {"Location": address, "Set-Cookie": cookie})


@app.route(
    "/oauth/{provider}/callbacks", methods=["POST"], who=PUBLIC, status=201, secret=True, also=[cookies.TRANSPORT]
)
def finish_oauth(provider: str, request: Request, body: Callback) -> Answer[TokenPair | MfaRequired]:
    return _entered(identities.finish(provider, body, _origin(request), request.headers))


@app.route("/oauth-identities", who=CUSTOMER)
def list_identities(caller: Caller, query: WhosePaging) -> Page[OAuthIdentity]:
    return identity_store.identities(caller.whose(query.user_id), query)


@app.route("/oauth-identities/{provider}", methods=["DELETE"], who=CUSTOMER, fresh=True)
def unlink_identity(provider: str, caller: Caller) -> None:
    identities.unlink(provider, caller)


@app.route("/tokens", methods=["POST"], who=PUBLIC, status=201, secret=True, also=[cookies.TRANSPORT, cookies.COOKIE])
def refresh(request: Request, body: HandIn) -> TokenPair:
    return sessions.refresh(body.refresh_token, _origin(request))


@app.route("/token-revocations", methods=["POST"], who=PUBLIC, secret=True, also=[cookies.TRANSPORT, cookies.COOKIE])
def revoke_token(body: HandIn) -> None:
    sessions.revoke(body.refresh_token)


@app.route("/.well-known/jwks.json", who=PUBLIC, prefix="", cache="public, max-age=300")
def list_keys() -> Jwks:
    return tokens.jwks()


@app.step
def check_session(question: Question) -> Standing:
    return sessions.standing(question)


@app.step
def seed_admin(body: OpenAccount) -> UserRef:
    return accounts.seed_admin(body)


@app.step
def change_account_status(change: ChangeStatus) -> UserRef:
    return accounts.change_status(change)


@app.job
def turn_keys() -> None:
    keys.turn()


@app.middleware("http")
def carry_token(request: Request, serve: Callable[[Request], Response]) -> Response:
    """Take a page's refresh token from its cookie and put it back there; behind this door it is in the body."""
    door = cookies.asked(request, app.doors)
    if door is None:
        return serve(request)
    app.current_request = request = cookies.taken_out(request, door)
    return cookies.put_in(serve(request), door)


def _entered(given: TokenPair | MfaRequired) -> Answer[TokenPair | MfaRequired]:
    return Answer(given, 202 if isinstance(given, MfaRequired) else 201)


def _origin(request: Request) -> Origin:
    seen = origin_of(request)
    return Origin(ip_address=seen["ip_address"] or None, user_agent=seen["user_agent"][:512] or None)


steps = app.steps
events = app.events
jobs = app.jobs
