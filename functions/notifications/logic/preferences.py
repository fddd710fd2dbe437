"""What a user wants to hear of, on which channel, and how often (B176)."""

from pydantic import ValidationError

from notifications.model.kinds import PREFERRED, TypeName
from notifications.model.recipient import Preference, PreferenceView, SetPreference, WidePreference, view
from notifications.store import people
from shop.errors import not_found
from shop.pages import Page
from shop.races import until_won
from shop.records import adapter


def rows(user_id: str) -> Page[PreferenceView]:
    """R257. Each type and channel with what holds for it, said or not."""
    return Page(data=people.person(user_id).views(user_id))


def wide(user_id: str) -> Page[WidePreference]:
    """R257. Each type with its channels in one row."""
    enabled: dict[str, dict[str, bool]] = {}
    for row in people.person(user_id).views(user_id):
        on = row.always or (row.enabled and row.frequency != "never")
        enabled.setdefault(row.notification_type, {})[f"{row.channel}_enabled"] = on
    off = {f"{channel}_enabled": False for channel in PREFERRED}
    return Page(
        data=[WidePreference(user_id=user_id, notification_type=name, **{**off, **on}) for name, on in enabled.items()]
    )


def prefer(user_id: str, notification_type: str, channel: str, body: SetPreference) -> PreferenceView:
    """R258. Say it for one type and channel; 404 where there is no such thing."""
    try:
        name = adapter(TypeName).validate_python(notification_type)
    except ValidationError:
        raise not_found("notification type") from None
    if channel.lower() not in PREFERRED:
        raise not_found("channel")

    def attempt() -> Preference:
        before = people.preference(user_id, name, channel.lower())
        wanted = before or Preference.of(user_id, name, channel.lower())
        after = wanted.but(enabled=body.enabled, frequency=body.frequency)
        return before if before and before == after else people.prefer(before, after)

    return view(user_id, name, channel.lower(), until_won(attempt))
