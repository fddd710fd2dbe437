"""Signing in with a provider: there with a state that is good once, back with a code, and whose account that opens."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie

from auth.logic import sessions
from auth.logic.guards import logged
from auth.logic.verification import verification_of
from auth.model.accounts import User
from auth.model.factors import Entry, MfaRequired
from auth.model.identities import COOKIE, Callback, Journey, KeptIdentity, OAuthState, Person
from auth.model.sessions import Origin, TokenPair
from auth.model.words import NO_PASSWORD, token_hash
from auth.providers import OAuthFailed, named
from auth.store import accounts
from auth.store import identities as store
from shop import clock, keyring, settings
from shop.auth import Caller
from shop.errors import conflict, not_found
from shop.events import Event
from shop.events import auth as said
from shop.ids import new_id
from shop.races import until_won
from shop.sealing import seal


def begin(provider: str) -> tuple[str, str]:
    """Where to send somebody who wants to sign in with a provider, and the cookie for the way (404)."""
    journey = _journey(provider, secrets.token_urlsafe(32), keyring.ring()[0])
    address = named(provider).authorization_url(journey)
    expires_at = clock.after(settings.OAUTH_STATE_TTL)
    store.begin(OAuthState(state_hash=token_hash(journey.state), provider=provider, expires_at=expires_at))
    lasts = f"Path=/; Max-Age={settings.OAUTH_STATE_TTL}; Secure; HttpOnly; SameSite=Lax"
    return address, f"{COOKIE}={journey.state}; {lasts}"


def finish(provider: str, body: Callback, origin: Origin, headers: Mapping[str, str]) -> TokenPair | MfaRequired:
    """A session for who comes back (401 oauth_failed; 403 account_suspended; 404; 409 email_in_use).

    The state is used up before the code is: whatever happens then, both are good once.
    """
    asked = named(provider)
    _check_browser(body.state, headers)
    store.finish(token_hash(body.state), provider, OAuthFailed())
    person = asked.identify(body.code, _journey_back(provider, body.state))

    def come_in() -> TokenPair | MfaRequired:
        user = _whose(person, origin)
        return sessions.enter(Entry(user, origin, body.device, body.cart_session_id, user.password_hash))

    return until_won(come_in)


def unlink(provider: str, caller: Caller) -> None:
    """Sign in with a provider no longer (404; 409 last_login_method)."""

    def cut() -> None:
        user = accounts.existing(caller.user_id)
        if provider not in user.oauth:
            raise not_found("identity")
        rest = {name: known for name, known in user.oauth.items() if name != provider}
        if not (rest or user.has_password):
            raise conflict("last_login_method", "Set a password first, or you could not sign in any more")
        store.unlink(user, user.but(oauth=rest), logged(user.user_id, "oauth_unlinked", caller, provider=provider))

    until_won(cut)


def _whose(person: Person, origin: Origin) -> User:
    """The user a provider's user is; the one with their address, if that is proved; or a new one."""
    known = store.identity(person.provider, person.provider_user_id)
    if known:
        user = accounts.user(known.user_id)
        if user is None or user.oauth.get(person.provider) != person.provider_user_id:
            raise OAuthFailed
        if user.is_active:
            store.save(known.but(**_tokens(user.user_id, person)))
        return user
    if person.email is None:
        raise OAuthFailed("The provider did not tell your address, and an account needs one")
    user = accounts.user_of(person.email)
    return _link(user, person, origin) if user else _open(person, person.email, origin)


def _open(person: Person, email: str, origin: Origin) -> User:
    user = User(
        user_id=new_id(),
        email=email,
        email_verified=person.email_verified,
        password_hash=NO_PASSWORD,
        oauth={person.provider: person.provider_user_id},
    )
    names = {"first_name": person.first_name, "last_name": person.last_name}
    news = said.UserCreated(user_id=user.user_id, email=email, roles=user.roles, **names)
    proof = None if user.email_verified else verification_of(user)
    log = logged(user.user_id, "oauth_linked", origin, provider=person.provider)
    store.open_account(user, _identity(user, person), news, proof, log)
    return user


def _link(user: User, person: Person, origin: Origin) -> User:
    """Link an account by its address: only when the provider has proved that (409 email_in_use).

    If the account has not, somebody else may have opened it and be waiting: all they could come in by goes.
    """
    plain = user.roles == ["customer"] and not user.mfa_enabled
    if not person.email_verified or person.provider in user.oauth or not (user.email_verified or plain):
        raise conflict("email_in_use", "There is an account with this address; sign in as you did before")
    if not user.is_active:
        raise sessions.suspended()
    linked = {person.provider: person.provider_user_id}
    after, news = user.but(oauth={**user.oauth, **linked}), list[Event]()
    if not user.email_verified:
        generation = user.generation + 1
        after = after.but(email_verified=True, generation=generation, password_hash=NO_PASSWORD, oauth=linked)
        after = after.but(mfa_secret=None, failed_login_attempts=0, locked_until=None)
        news.append(said.UserEmailVerified(user_id=user.user_id, email=user.email))
        if user.has_password:
            news.append(said.UserPasswordChanged(user_id=user.user_id))
    log = logged(user.user_id, "oauth_linked", origin, provider=person.provider, taken_over=not user.email_verified)
    linked_user = store.link(user, after, _identity(user, person), log, news)
    if not user.email_verified:
        sessions.end_marked(user.user_id)
    return linked_user


def _identity(user: User, person: Person) -> KeptIdentity:
    return KeptIdentity(
        user_id=user.user_id,
        provider=person.provider,
        provider_user_id=person.provider_user_id,
        **_tokens(user.user_id, person),
    )


def _tokens(user_id: str, person: Person) -> dict[str, str | None]:
    """A provider's tokens as they are kept; a refresh token that is not given anew stays."""
    found = {"access_token": person.access_token, "refresh_token": person.refresh_token}
    sealed: dict[str, str | None] = {
        name: seal(text, user_id=user_id, provider=person.provider) for name, text in found.items() if text
    }
    return {**sealed, "token_expires_at": person.token_expires_at}


def _journey_back(provider: str, state: str) -> Journey:
    """The journey that set out with this state, by the key it set out with (401 oauth_failed)."""
    nonce, _, mark = state.rpartition(".")
    for key in keyring.ring():
        if hmac.compare_digest(_mark(key), mark):
            return _journey(provider, nonce, key)
    raise OAuthFailed


def _mark(key: bytes) -> str:
    """Which key it is, telling nothing of it."""
    return hashlib.sha256(b"oauth key " + key).hexdigest()[:8]


def _journey(provider: str, nonce: str, key: bytes) -> Journey:
    """A journey by its state. The verifier and nonce follow from it by our secret: nobody else can tell them."""
    state = f"{nonce}.{_mark(key)}"

    def derived(what: str) -> str:
        digest = hmac.digest(key, f"oauth {what} {provider} {state}".encode(), "sha256")
        return urlsafe_b64encode(digest).rstrip(b"=").decode()

    return Journey(state, derived("verifier"), derived("nonce"), f"{settings.STOREFRONT_URL}/oauth/{provider}")


def _check_browser(state: str, headers: Mapping[str, str]) -> None:
    """Refuse a browser that was not sent there itself: somebody else's way back would sign it in as them.

    Browsers name an origin with every POST; what is not a browser cannot be tricked into one.
    """
    if "origin" not in headers and "sec-fetch-site" not in headers:
        return
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        found = None
    if found is None or not hmac.compare_digest(found.value.encode(), state.encode()):
        raise OAuthFailed("You did not set out from this browser; start again")
