"""Endpoints: made, changed and removed by those who run the shop; their secrets are shown once."""

from collections.abc import Callable

from shop import clock
from shop.errors import conflict, invalid
from shop.events import webhooks as said
from shop.pages import Page
from shop.races import until_won
from shop.table import AlreadyMade
from webhooks.model.delivery import PATIENCE
from webhooks.model.endpoint import (
    MAX_SECRETS,
    OVERLAP,
    ChangeEndpoint,
    EndpointFields,
    EventType,
    OldSecret,
    Reason,
    ShownEndpoint,
    StoredEndpoint,
)
from webhooks.senders.addresses import Forbidden, Unresolved, address_of, place_of
from webhooks.senders.signing import new_secret, opened, sealed
from webhooks.store import endpoints as store


def create(endpoint_id: str, body: EndpointFields) -> ShownEndpoint:
    """A new endpoint with its secret. The same request again is answered with what it made."""
    _check(body.url)
    secret = new_secret()
    made = StoredEndpoint(id=endpoint_id, sealed_secret=sealed(secret, endpoint_id), **body.model_dump())
    try:
        store.create(made)
    except AlreadyMade:
        made = store.endpoint(endpoint_id)
        secret = opened(made.sealed_secret, endpoint_id)
    return ShownEndpoint(**{**dict(made), "secret": secret})


def change(endpoint_id: str, version: int, body: ChangeEndpoint) -> StoredEndpoint:
    """An endpoint with some fields changed. Of one that is switched on, or moved, old failures are forgotten."""
    told = body.model_dump(exclude_unset=True)
    if "url" in told:
        _check(body.url)

    def how(before: StoredEndpoint) -> StoredEndpoint:
        before.at(version)
        switched = told.get("is_active", before.is_active)
        if switched != before.is_active:
            before = before.enabled() if switched else before.disabled("manual")
        moved = told.get("url", before.url) != before.url
        return before.but(**told, failing_since=None if moved else before.failing_since)

    return _changed(endpoint_id, how)


def rotate(endpoint_id: str) -> ShownEndpoint:
    """An endpoint with a new secret; the one before goes on signing for a day (409 too_many_secrets)."""
    secret = new_secret()

    def how(before: StoredEndpoint) -> StoredEndpoint:
        old = before.still_signing(clock.now())
        if len(old) + 1 >= MAX_SECRETS:
            raise conflict("too_many_secrets", f"{MAX_SECRETS} secrets sign already; wait until one is over")
        replaced = OldSecret(sealed_secret=before.sealed_secret, until=clock.after(OVERLAP))
        return before.but(sealed_secret=sealed(secret, endpoint_id), old_secrets=[replaced, *old])

    return ShownEndpoint(**{**dict(_changed(endpoint_id, how)), "secret": secret})


def remove(endpoint_id: str, version: int) -> None:
    """Remove an endpoint; what is on its way to it is not sent."""
    store.remove(store.endpoint(endpoint_id).at(version))


def event_types() -> Page[EventType]:
    """What may be asked for."""
    from webhooks.model.public import PUBLIC

    return Page(data=[EventType(type=name, about=event.about) for name, event in sorted(PUBLIC.items())])


def went_well(endpoint: StoredEndpoint) -> None:
    """Something went through to an endpoint as it was read."""
    if endpoint.failing_since:
        _amend(endpoint, lambda now: now.but(failing_since=None) if now.failing_since else None)


def went_badly(endpoint: StoredEndpoint) -> None:
    """Something did not go through to an endpoint as it was read."""
    if not endpoint.failing_since:
        _amend(endpoint, lambda now: None if now.failing_since else now.but(failing_since=clock.now()))


def give_up(endpoint: StoredEndpoint, reason: Reason) -> None:
    """Switch off an endpoint that is gone, or to which nothing has gone through for so long, and tell it."""

    def how(now: StoredEndpoint) -> StoredEndpoint | None:
        is_over = reason == "gone" or (now.failing_since or clock.now()) <= clock.after(-PATIENCE)
        return now.disabled(reason) if now.is_active and is_over else None

    told = said.WebhookEndpointDisabled(
        endpoint_id=endpoint.id, host=place_of(endpoint.url).host, description=endpoint.description, reason=reason
    )
    _amend(endpoint, how, told)


def _amend(
    read: StoredEndpoint,
    how: Callable[[StoredEndpoint], StoredEndpoint | None],
    told: "said.WebhookEndpointDisabled | None" = None,
) -> None:
    """Change an endpoint by what came of a delivery, unless it has gone or moved meanwhile."""

    def attempt() -> None:
        now = store.find(read.id)
        changed = how(now) if now and now.url == read.url else None
        if changed:
            store.save(changed, told)

    until_won(attempt)


def _changed(endpoint_id: str, how: Callable[[StoredEndpoint], StoredEndpoint]) -> StoredEndpoint:
    return until_won(lambda: store.save(how(store.endpoint(endpoint_id))))


def _check(url: str) -> None:
    """422 url_not_allowed for an address nothing will ever be sent to; one that nobody knows yet may be known later."""
    try:
        address_of(place_of(url))
    except Forbidden as forbidden:
        raise invalid("url_not_allowed", str(forbidden), "/url") from None
    except Unresolved:
        pass
