"""Whose a provider's users are, in the table, and who went to a provider and is not back yet."""

from pynamodb.expressions.operand import Path

from auth.model.accounts import User
from auth.model.identities import KeptIdentity, OAuthIdentity, OAuthState
from auth.model.oversight import SecurityAuditLog
from auth.model.proofs import EmailVerification
from auth.store import AUDITS, IDENTITIES, STATES, USERS, identity_key, state_key, table
from auth.store.accounts import write_account
from auth.store.proofs import drop_identities
from shop.errors import Refusal
from shop.events import Event
from shop.events import auth as said
from shop.pages import Page, Paging
from shop.races import LostRace


def begin(state: OAuthState) -> None:
    """Write that somebody goes to a provider."""
    with table.transaction() as tx:
        tx.create(STATES, state)


def finish(state_hash: str, provider: str, otherwise: Refusal) -> None:
    """Take somebody as back, once."""
    with table.transaction() as tx:
        away = (Path("provider") == provider) & (Path("expires_at") > tx.now)
        tx.delete(state_key(state_hash), away, otherwise)


def identity(provider: str, provider_user_id: str) -> KeptIdentity | None:
    """Whose a provider's user is (AP13)."""
    return IDENTITIES.get(identity_key(provider, provider_user_id))


def identities(user_id: str, paging: Paging) -> Page[OAuthIdentity]:
    """The providers a user is linked to (AP13)."""
    return IDENTITIES.page(f"USER#{user_id}", paging, prefix="OAUTH#", newest_first=False)


def save(identity: KeptIdentity) -> None:
    """Keep a provider's newest tokens (LostRace)."""
    with table.transaction() as tx:
        tx.save(IDENTITIES, identity, otherwise=LostRace())


def open_account(
    user: User,
    identity: KeptIdentity,
    news: "said.UserCreated",
    proof: "tuple[EmailVerification, said.EmailVerificationRequested] | None",
    log: SecurityAuditLog,
) -> None:
    """Write a new user who is known by a provider (LostRace when the address or the provider's user is taken)."""
    with table.transaction() as tx:
        write_account(tx, user, news, proof, taken=LostRace())
        tx.create(IDENTITIES, identity, LostRace())
        tx.put(AUDITS, log)
        if user.email_verified:
            tx.say(said.UserEmailVerified(user_id=user.user_id, email=user.email), user.version)


def link(before: User, after: User, identity: KeptIdentity, log: SecurityAuditLog, news: list[Event]) -> User:
    """Let a user sign in by a provider; what `after` is not linked to any more goes (LostRace)."""
    with table.transaction() as tx:
        saved = tx.save(USERS, after, otherwise=LostRace())
        tx.create(IDENTITIES, identity, LostRace())
        drop_identities(tx, before, after)
        tx.put(AUDITS, log)
        for event in news:
            tx.say(event, saved.version)
    return saved


def unlink(before: User, after: User, log: SecurityAuditLog) -> None:
    """Let a user sign in by a provider no longer (LostRace)."""
    with table.transaction() as tx:
        tx.save(USERS, after, otherwise=LostRace())
        drop_identities(tx, before, after)
        tx.put(AUDITS, log)
