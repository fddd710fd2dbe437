"""Google, or whoever else speaks OpenID Connect: who came back stands in a signed token."""

import time
from hmac import compare_digest
from typing import Any
from urllib.parse import urlencode

from auth.model.identities import Journey, Person
from auth.providers import OAuthFailed, http
from auth.providers.reading import challenge, person
from shop import settings

ALGORITHMS = ["RS256", "ES256"]
SCOPES = "openid email profile"
CLOCKS_APART = 60
# What a provider publishes of itself, by address: it changes a few times a year.
_published: dict[str, tuple[float, dict[str, Any]]] = {}


class Google:
    """The provider `google`: its addresses and keys are found at its issuer's."""

    def __init__(self, client_id: str, secret: str, issuer: str) -> None:
        self.client_id, self.secret, self.issuer = client_id, secret, issuer

    def authorization_url(self, journey: Journey) -> str:
        """Where the user is sent."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": journey.redirect_uri,
            "scope": SCOPES,
            "state": journey.state,
            "nonce": journey.nonce,
            "code_challenge": challenge(journey.verifier),
            "code_challenge_method": "S256",
        }
        return f"{self._configuration()['authorization_endpoint']}?{urlencode(asked)}"

    def identify(self, code: str, journey: Journey) -> Person:
        """Who the id token is about, once its signature, audience, age and nonce are checked."""
        given = http.post(
            self._configuration()["token_endpoint"],
            grant_type="authorization_code",
            code=code,
            redirect_uri=journey.redirect_uri,
            client_id=self.client_id,
            client_secret=self.secret,
            code_verifier=journey.verifier,
        )
        said = self._verified(str(given.get("id_token", "")), journey.nonce)
        return person(
            "google",
            given,
            id=said["sub"],
            email=said.get("email"),
            email_verified=said.get("email_verified") in (True, "true"),
            first_name=said.get("given_name"),
            last_name=said.get("family_name"),
        )

    def _verified(self, id_token: str, nonce: str) -> dict[str, Any]:
        import jwt

        try:
            header = jwt.get_unverified_header(id_token)
            said: dict[str, Any] = jwt.decode(
                id_token,
                self._key(str(header.get("kid", ""))),
                algorithms=ALGORITHMS,
                audience=self.client_id,
                issuer=self.issuer,
                leeway=CLOCKS_APART,
                options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )
        except (jwt.PyJWTError, UnicodeError) as error:
            raise OAuthFailed from error
        several = isinstance(said["aud"], list) and len(said["aud"]) > 1
        if several and said.get("azp") != self.client_id:
            raise OAuthFailed
        if not compare_digest(str(said.get("nonce", "")).encode(), nonce.encode()):
            raise OAuthFailed
        return said

    def _key(self, kid: str) -> Any:
        """The provider's key of this name, or its only one; a name we do not know may be new."""
        import jwt

        address = self._configuration()["jwks_uri"]
        for newer_than in (settings.DAY, settings.MINUTE):
            keys = jwt.PyJWKSet.from_dict(_read(address, newer_than)).keys
            fitting = [key for key in keys if key.key_type in ("RSA", "EC") and kid in ("", key.key_id)]
            if len(fitting) == 1:
                return fitting[0]
        raise OAuthFailed

    def _configuration(self) -> dict[str, Any]:
        found = _read(f"{self.issuer}/.well-known/openid-configuration", settings.DAY)
        if found.get("issuer") != self.issuer:
            raise OAuthFailed
        return found


def _read(address: str, at_most: int) -> dict[str, Any]:
    """What is published at an address, as read so many seconds ago at most."""
    read_at, found = _published.get(address, (0.0, {}))
    if time.time() - read_at > at_most:
        found = http.get(address)
        _published[address] = time.time(), found
    return found
