"""Those who vouch for people, behind one interface (B61). Another provider is a module beside these two."""

import json
import os
from typing import Protocol

from auth.model.identities import Journey, Person
from shop import settings
from shop.errors import Refusal, not_found


class OAuthFailed(Refusal):
    """401: the provider does not vouch for anyone."""

    def __init__(self, detail: str = "The provider did not confirm who you are; start again") -> None:
        super().__init__(401, "oauth_failed", detail)


class Provider(Protocol):
    """What every provider can do (OAuth 2.0, authorization code with PKCE)."""

    def authorization_url(self, journey: Journey) -> str:
        """Where the user is sent."""
        ...

    def identify(self, code: str, journey: Journey) -> Person:
        """Who came back with this code. Raises OAuthFailed; Transient when the provider cannot be asked."""
        ...


def named(name: str) -> Provider:
    """The provider of this name, if the shop is known to it (404)."""
    client_id = os.environ.get(f"{name.upper()}_CLIENT_ID", "") if name in ("google", "facebook") else ""
    if not client_id:
        raise not_found("provider")
    secret = str(json.loads(settings.secret("OAUTH_SECRETS")).get(name, ""))
    if name == "google":
        from auth.providers.google import Google

        return Google(client_id, secret, os.environ.get("GOOGLE_ISSUER", "https://accounts.google.com"))
    from auth.providers.facebook import Facebook

    dialog = os.environ.get("FACEBOOK_DIALOG", "https://www.facebook.com/v23.0/dialog/oauth")
    return Facebook(client_id, secret, dialog, os.environ.get("FACEBOOK_GRAPH", "https://graph.facebook.com/v23.0"))
