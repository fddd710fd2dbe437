"""Whom notifications go to, what they want to hear of, and the devices they carry."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from notifications.model.kinds import BY_DEFAULT, KINDS, PREFERRED, Frequency, kind_of
from shop import clock
from shop.ids import derived
from shop.records import Body, Part, Record, folded

DEVICES = 10
Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_:.-]{8,250}$")]


class Recipient(Record):
    """NOTIF-05. Whom a user's notifications go to, as far as that was heard."""

    user_id: str
    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    language: str = "en"
    is_active: bool = True
    push_tokens: list[str] = []  # the devices they carry, newest last
    bounced: str | None = None  # the address that takes no mail
    complained: str | None = None  # the address whose owner called our mail a nuisance
    heard: dict[str, int] = {}  # by field, the version of whoever told it last
    erased_at: str | None = None

    def erased(self) -> "Recipient":
        """Nobody to write to, for good: what is heard of this user later finds that they are gone."""
        return Recipient(user_id=self.user_id, version=self.version, is_active=False, erased_at=clock.now())

    def told(self, version: int, **fields: Any) -> "Recipient":
        """With what was said at this version, as far as nothing newer was said of a field."""
        news = {name: value for name, value in fields.items() if version > self.heard.get(name, 0)}
        return self.but(**news, heard={**self.heard, **dict.fromkeys(news, version)})

    def carrying(self, token: str) -> "Recipient":
        """With another device; the oldest is forgotten when there are too many."""
        return self.but(push_tokens=[*(t for t in self.push_tokens if t != token), token][-DEVICES:])

    def without(self, token: str) -> "Recipient":
        """With a device less."""
        return self.but(push_tokens=[t for t in self.push_tokens if t != token])

    def takes_mail(self, address: str, *, always: bool) -> bool:
        """Whether mail may go to this address: not where it bounced, nor against the wish of its owner."""
        return address != self.bounced and (always or address != self.complained)


class Preference(Record):
    """NOTIF-03. Whether and how often a user wants one type of notification on one channel."""

    id: str
    user_id: str
    notification_type: str
    channel: str
    enabled: bool = True
    frequency: Frequency = "immediate"

    @classmethod
    def of(cls, user_id: str, notification_type: str, channel: str, **fields: Any) -> "Preference":
        """The one preference of this user, type and channel."""
        return cls(
            id=derived("preference", user_id, notification_type, channel),
            user_id=user_id,
            notification_type=notification_type,
            channel=channel,
            **fields,
        )


class SetPreference(Body):
    """R258."""

    enabled: bool = True
    frequency: Annotated[Frequency, folded] = "immediate"


class PreferenceView(Part):
    """R257. A preference as it holds; `version` is null while nobody said it. `always`: the mail goes anyway."""

    id: str
    user_id: str
    notification_type: str
    category: str
    channel: str
    enabled: bool
    frequency: Frequency
    always: bool
    version: int | None = None
    created_at: str | None = None
    updated_at: str | None = None


class WidePreference(Part):
    """R257. One type with all its channels."""

    user_id: str
    notification_type: str
    email_enabled: bool
    sms_enabled: bool
    push_enabled: bool


class PushToken(Record):
    """A device that takes pushes, and who carries it now."""

    token: str
    platform: str
    user_id: str


class AddPushToken(Body):
    """R259."""

    token: Token
    platform: Annotated[Literal["ios", "android", "web"], folded]


class Person(Part):
    """A recipient with what they prefer: all that is known before something is sent."""

    recipient: Recipient | None = None
    preferences: list[Preference] = Field(default=[])

    @property
    def known(self) -> bool:
        """Whether anything was heard of where to write to."""
        return self.recipient is not None

    @property
    def is_erased(self) -> bool:
        """Whether they are gone, for good."""
        return self.recipient is not None and self.recipient.erased_at is not None

    def frequency(self, notification_type: str, channel: str) -> str:
        """How often they want this on this channel: immediate, daily, weekly or never (B176)."""
        if channel == "in_app" or (channel == "email" and kind_of(notification_type).always):
            return "immediate"
        for preference in self.preferences:
            if (preference.notification_type, preference.channel) == (notification_type, channel):
                return preference.frequency if preference.enabled else "never"
        return "immediate" if BY_DEFAULT[channel] or not kind_of(notification_type).offered else "never"

    def views(self, user_id: str) -> list[PreferenceView]:
        """What they want of every type on every channel, said or not."""
        said = {(p.notification_type, p.channel): p for p in self.preferences}
        offered = [(name, channel) for name, kind in KINDS.items() if kind.offered for channel in PREFERRED]
        return [view(user_id, *place, said.get(place)) for place in sorted({*offered, *said})]


def view(user_id: str, notification_type: str, channel: str, said: Preference | None) -> PreferenceView:
    """One preference, said or not."""
    shown = said or Preference.of(user_id, notification_type, channel, enabled=BY_DEFAULT[channel])
    stored = {name: getattr(said, name) for name in ("version", "created_at", "updated_at")} if said else {}
    return PreferenceView(
        **shown.model_dump(exclude={"version", "created_at", "updated_at"}),
        category=notification_type,
        always=channel == "email" and kind_of(notification_type).always,
        **stored,
    )
