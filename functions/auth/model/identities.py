"""Signing in with a provider: who someone is there (AUTH-13), and the way there and back."""

from typing import Annotated, NamedTuple

from pydantic import Field, StringConstraints

from auth.model.sessions import DeviceSeen
from auth.model.words import Email
from shop.ids import new_id
from shop.records import Body, Part, Record

PROVIDERS = ("google", "facebook")
# Whoever is sent away comes back in the same browser: it holds the state too, out of reach of scripts.
COOKIE = "__Host-oauth_state"


class Callback(Body):
    """What the provider sent the user back with."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=4096), Field(repr=False)]
    state: Annotated[str, StringConstraints(min_length=1, max_length=200), Field(repr=False)]
    device: DeviceSeen | None = None
    cart_session_id: str | None = Field(default=None, max_length=128)


class OAuthState(Record):
    """Somebody went to sign in with a provider; good once."""

    state_hash: str
    provider: str
    expires_at: str


class OAuthIdentity(Record):
    """AUTH-13, as its owner sees it."""

    id: str = Field(default_factory=new_id)
    user_id: str
    provider: str
    provider_user_id: str


class KeptIdentity(OAuthIdentity):
    """AUTH-13. The provider's tokens are sealed for the user."""

    access_token: str | None = Field(default=None, repr=False)
    refresh_token: str | None = Field(default=None, repr=False)
    token_expires_at: str | None = None


class Journey(NamedTuple):
    """One way to a provider and back: `state` goes along, the verifier (PKCE) and the nonce are proved later."""

    state: str
    verifier: str
    nonce: str
    redirect_uri: str


class Person(Part):
    """Who someone is, as their provider says."""

    provider: str
    provider_user_id: str = Field(min_length=1, max_length=255)
    email: Email | None = None
    email_verified: bool = False
    first_name: str | None = None
    last_name: str | None = None
    access_token: str | None = Field(default=None, repr=False)
    refresh_token: str | None = Field(default=None, repr=False)
    token_expires_at: str | None = None
