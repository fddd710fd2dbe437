"""Facebook: who came back is asked of its graph. It does not say whether it has verified an address."""

import hmac
from hashlib import sha256
from urllib.parse import urlencode

from auth.model.identities import Journey, Person
from auth.providers import OAuthFailed, http
from auth.providers.reading import challenge, person

SCOPES = "public_profile,email"
FIELDS = "id,email,first_name,last_name"


class Facebook:
    """The provider `facebook`."""

    def __init__(self, client_id: str, secret: str, dialog: str, graph: str) -> None:
        self.client_id, self.secret, self.dialog, self.graph = client_id, secret, dialog, graph

    def authorization_url(self, journey: Journey) -> str:
        """Where the user is sent."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": journey.redirect_uri,
            "scope": SCOPES,
            "state": journey.state,
            "code_challenge": challenge(journey.verifier),
            "code_challenge_method": "S256",
        }
        return f"{self.dialog}?{urlencode(asked)}"

    def identify(self, code: str, journey: Journey) -> Person:
        """Who the token is of; it was given to us for this code, so it cannot be another shop's."""
        given = http.post(
            f"{self.graph}/oauth/access_token",
            client_id=self.client_id,
            client_secret=self.secret,
            redirect_uri=journey.redirect_uri,
            code=code,
            code_verifier=journey.verifier,
        )
        token = given.get("access_token")
        if not isinstance(token, str) or not token:
            raise OAuthFailed
        proof = hmac.new(self.secret.encode(), token.encode(), sha256).hexdigest()
        bearer = {"Authorization": f"Bearer {token}"}
        me = http.get(f"{self.graph}/me", bearer, fields=FIELDS, appsecret_proof=proof)
        if not me.get("id"):
            raise OAuthFailed
        return person(
            "facebook",
            given,
            id=me["id"],
            email=me.get("email"),
            email_verified=False,
            first_name=me.get("first_name"),
            last_name=me.get("last_name"),
        )
