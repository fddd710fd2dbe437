"""A customer as the shop knows them, and what the account and the customer may change about that."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from shop import clock
from shop.ids import derived
from shop.money import Currency, exponent
from shop.records import Body, Line, Part, Record, Url
from shop.settings import DEFAULT_CURRENCY


def _past(date: str) -> str:
    if date >= clock.now()[:10]:
        raise PydanticCustomError("not_in_the_past", "The date must be in the past")
    try:
        clock.epoch(date)
    except ValueError:
        raise PydanticCustomError("not_a_date", "There is no such day") from None
    return date


def _known(currency: str) -> str:
    try:
        exponent(currency)
    except ValueError:
        raise PydanticCustomError("unknown_currency", "Give an ISO 4217 code") from None
    return currency


FirstName = Annotated[Line, Field(min_length=1, max_length=100)]
LastName = Annotated[Line, Field(min_length=1, max_length=150)]
Phone = Annotated[Line, Field(min_length=1, max_length=20)]
BirthDate = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$"), AfterValidator(_past)]
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$", max_length=35)]


def joined(first_name: str | None, last_name: str | None) -> str | None:
    """A full name made of its parts."""
    return " ".join(filter(None, (first_name, last_name))) or None


class ChangeProfile(Body):
    """What may change about a profile; null clears what is optional."""

    first_name: FirstName | None = None
    last_name: LastName | None = None
    full_name: Annotated[Line, Field(min_length=1, max_length=255)] | None = None
    phone: Phone | None = None
    avatar_url: Url | None = None
    date_of_birth: BirthDate | None = None
    gender: Annotated[Line, Field(min_length=1, max_length=20)] | None = None
    preferred_currency: Annotated[Currency, AfterValidator(_known)] = DEFAULT_CURRENCY
    preferred_language: Language = "en"
    newsletter_subscribed: bool = False


class Profile(Record):
    """USER-01. A customer as the shop knows them; email and is_active are copies of the account's."""

    profile_id: str
    user_id: str
    email: str
    first_name: str | None = None
    last_name: str | None = None
    full_name: str | None = None
    phone: str | None = None
    phone_verified: bool = False
    avatar_url: str | None = None
    date_of_birth: str | None = None
    gender: str | None = None
    preferred_currency: str = DEFAULT_CURRENCY
    preferred_language: str = "en"
    newsletter_subscribed: bool = False
    is_active: bool = True
    profile_completion_score: int = 0
    default_shipping_address_id: str | None = None
    default_billing_address_id: str | None = None

    @property
    def defaults(self) -> set[str]:
        """The ids of the default addresses."""
        return {x for x in (self.default_shipping_address_id, self.default_billing_address_id) if x}


class KeptProfile(Profile):
    """A profile as it is kept. It may be there before the account's creation was heard: then it is nobody's to see."""

    email: str = ""
    introduced: bool = False
    verified_phone: str | None = None
    heard: dict[str, int] = {}  # by field, the version of the account that told it last
    payment_methods: int = 0
    erased_at: str | None = None

    @classmethod
    def of(cls, user_id: str) -> "KeptProfile":
        """The profile of someone nothing is known of yet."""
        return cls(profile_id=derived("profile", user_id), user_id=user_id)

    def told(self, version: int, **fields: Any) -> "KeptProfile":
        """With what the account at this version says, as far as nothing newer was told of a field."""
        news = {name: value for name, value in fields.items() if version > self.heard.get(name, 0)}
        return self.but(**news, heard={**self.heard, **dict.fromkeys(news, version)})

    def proved(self, version: int, phone: str) -> "KeptProfile":
        """With a number the account at this version says is the user's; it is the number where there is none."""
        after = self.told(version, verified_phone=phone)
        return after.but(phone=after.phone or after.verified_phone)

    def changed(self, fields: dict[str, Any]) -> "KeptProfile":
        """With other values in some fields; a full name that was made of its parts is made again."""
        after = self.but(**fields)
        if after.phone != self.phone:
            after = after.but(verified_phone=None)
        if not fields.get("full_name") and (
            "full_name" in fields or self.full_name == joined(self.first_name, self.last_name)
        ):
            after = after.but(full_name=joined(after.first_name, after.last_name))
        return after

    def settled(self) -> "KeptProfile":
        """With the fields that follow from others."""
        verified = self.phone is not None and self.phone == self.verified_phone
        return self.but(phone_verified=verified, profile_completion_score=self._score())

    def erased(self) -> "KeptProfile":
        """Nothing of it, but that it was there: what is heard of this user later finds that they are gone."""
        return KeptProfile.of(self.user_id).but(version=self.version, erased_at=clock.now())

    def _score(self) -> int:
        weights = {
            15: (self.first_name, self.last_name, self.phone),
            10: (self.avatar_url, self.date_of_birth, self.payment_methods),
            5: (self.gender,),
            20: (self.defaults,),
        }
        return sum(weight for weight, parts in weights.items() for part in parts if part)


class WhichUser(Part):
    """A user, by id."""

    user_id: str
