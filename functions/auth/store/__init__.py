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
| SecurityAudit| USER#<user_id>    | AUDIT#<created_at>#<id> | AUDITDAY#<yyyy-mm-dd>#{s} / <created_at>#<id>      |
| PasswordReset| PRT#<token_hash>  | PRT                     | USER#<user_id> / PRT#<created_at>                  |
| EmailVerific.| EVT#<token_hash>  | EVT                     | USER#<user_id> / EVT#<created_at>                  |
| Newest       | USER#<user_id>    | NEWEST#<PRT or EVT>     | -                                                  |
| PhoneCode    | USER#<user_id>    | PHONECODE               | -                                                  |
| Stranger     | USER#<id>         | STRANGER                | -                                                  |
| MfaBackupCode| USER#<user_id>    | MFA#<code_hash>         | -                                                  |
| Challenge    | MFAT#<token_hash> | MFAT                    | -                                                  |
| OAuthState   | OAST#<state_hash> | OAST                    | -                                                  |
| OAuthIdentity| OAUTH#<provider>#<provider_user_id> | OAUTH | USER#<user_id> / OAUTH#<provider>                  |

GSI2: a RefreshToken under RTFAM#<family_id> / <created_at>; a SecurityAuditLog under AUDITACT#<action>#<yyyy-mm>#{s} /
<created_at>#<id>; an OAuthIdentity under OAUTHP#<provider>#{s} / <created_at>#<user_id>. A session that was ended is in
no index.
Unique values: EMAIL (lower case), USERNAME (folded), ROLE (names).
"""

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path

from auth.model.accounts import Role, Stranger, User, UserRole
from auth.model.factors import Challenge, MfaBackupCode
from auth.model.identities import KeptIdentity, OAuthState
from auth.model.oversight import SecurityAuditLog
from auth.model.proofs import EmailVerification, Newest, OneTimeToken, PasswordReset, PhoneCode
from auth.model.sessions import KeptDevice, KeptSession, LoginAttempt, RefreshToken
from auth.model.words import HISTORY_KEPT
from shop import clock, settings
from shop.table import Key, Row, Table, sharded

table = Table("auth")


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


def proof_key(mark: str, token_hash: str) -> Key:
    """Where a one-time token is."""
    return Key(f"{mark}#{token_hash}", mark)


def newest_key(user_id: str, mark: str) -> Key:
    """Where it stands which one-time token of a user counts."""
    return Key(f"USER#{user_id}", f"NEWEST#{mark}")


def phone_code_key(user_id: str) -> Key:
    """Where the code sent to a user's phone is."""
    return Key(f"USER#{user_id}", "PHONECODE")


def stranger_key(stranger_id: str) -> Key:
    """Where what happened with an identifier that is nobody's is kept."""
    return Key(f"USER#{stranger_id}", "STRANGER")


def backup_code_key(user_id: str, code_hash: str) -> Key:
    """Where a backup code is."""
    return Key(f"USER#{user_id}", f"MFA#{code_hash}")


def challenge_key(token_hash: str) -> Key:
    """Where a sign-in is that waits for its second half."""
    return Key(f"MFAT#{token_hash}", "MFAT")


def state_key(state_hash: str) -> Key:
    """Where it stands that somebody went to sign in with a provider."""
    return Key(f"OAST#{state_hash}", "OAST")


def identity_key(provider: str, provider_user_id: str) -> Key:
    """Where it stands whose a provider's user is."""
    return Key(f"OAUTH#{provider}#{provider_user_id}", "OAUTH")


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
DEVICES = table.kind("device", KeptDevice, lambda d: Row(device_key(d.user_id, d.device_id)))
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

STRANGERS = table.kind("stranger", Stranger, lambda s: Row(stranger_key(s.user_id), ttl=clock.ttl(s.expires_at)))
AUDITS = table.kind(
    "security_audit_log",
    SecurityAuditLog,
    lambda a: Row(
        Key(f"USER#{a.user_id}", f"AUDIT#{a.created_at}#{a.id}"),
        gsi1=(sharded(f"AUDITDAY#{a.created_at[:10]}", a.id), f"{a.created_at}#{a.id}"),
        gsi2=(sharded(f"AUDITACT#{a.action}#{a.created_at[:7]}", a.id), f"{a.created_at}#{a.id}"),
        ttl=clock.ttl(a.created_at, HISTORY_KEPT),
    ),
)
NEWEST = table.kind(
    "newest_token",
    Newest,
    lambda n: Row(newest_key(n.user_id, n.mark), ttl=clock.ttl(n.expires_at, settings.DAY)),
)
PHONE_CODES = table.kind(
    "phone_verification_code", PhoneCode, lambda c: Row(phone_code_key(c.user_id), ttl=clock.ttl(c.expires_at))
)


def _proof_row(token: OneTimeToken) -> Row:
    return Row(
        proof_key(token.mark, token.token_hash),
        gsi1=(f"USER#{token.user_id}", f"{token.mark}#{token.created_at}"),
        ttl=clock.ttl(token.expires_at, settings.DAY),
    )


RESETS = table.kind("password_reset_token", PasswordReset, _proof_row)
VERIFICATIONS = table.kind("email_verification_token", EmailVerification, _proof_row)


BACKUP_CODES = table.kind(
    "mfa_backup_code",
    MfaBackupCode,
    lambda c: Row(backup_code_key(c.user_id, c.code_hash), ttl=clock.ttl(c.expires_at)),
)
CHALLENGES = table.kind(
    "mfa_challenge", Challenge, lambda c: Row(challenge_key(c.token_hash), ttl=clock.ttl(c.expires_at))
)
STATES = table.kind("oauth_state", OAuthState, lambda s: Row(state_key(s.state_hash), ttl=clock.ttl(s.expires_at)))
IDENTITIES = table.kind(
    "oauth_identity",
    KeptIdentity,
    lambda i: Row(
        identity_key(i.provider, i.provider_user_id),
        gsi1=(f"USER#{i.user_id}", f"OAUTH#{i.provider}"),
        gsi2=(sharded(f"OAUTHP#{i.provider}", i.user_id), f"{i.created_at}#{i.user_id}"),
    ),
)


def unchanged(user: User) -> Condition:
    """True while a user may still be let in as when they were read."""
    return (Path("status") == "active") & (Path("generation") == user.generation)
