"""Profiles and addresses, and the rules they keep."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from shop import clock
from shop.errors import invalid
from shop.ids import derived
from shop.money import Currency, exponent
from shop.records import Body, Part, Record, Url, folded
from shop.settings import DEFAULT_CURRENCY
from users.countries import alpha_2

MAX_ADDRESSES = 50
# Where a parcel is not delivered without the state.
STATES_NEEDED = frozenset({"US", "CA", "AU", "BR", "IN", "MX"})


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


FirstName = Annotated[str, Field(min_length=1, max_length=100)]
LastName = Annotated[str, Field(min_length=1, max_length=150)]
Phone = Annotated[str, Field(min_length=1, max_length=20)]
BirthDate = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$"), AfterValidator(_past)]
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$", max_length=35)]
AddressType = Annotated[Literal["shipping", "billing", "both"], folded]
Line = Annotated[str, Field(min_length=1, max_length=255)]
Place = Annotated[str, Field(min_length=1, max_length=100)]
PostalCode = Annotated[str, Field(min_length=1, max_length=20)]
CountryName = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(alpha_2)]


def joined(first_name: str | None, last_name: str | None) -> str | None:
    """A full name made of its parts."""
    return " ".join(filter(None, (first_name, last_name))) or None


class ChangeProfile(Body):
    """What may change about a profile; null clears what is optional."""

    first_name: FirstName | None = None
    last_name: LastName | None = None
    full_name: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    phone: Phone | None = None
    avatar_url: Url | None = None
    date_of_birth: BirthDate | None = None
    gender: Annotated[str, Field(min_length=1, max_length=20)] | None = None
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

    @classmethod
    def of(cls, user_id: str) -> "KeptProfile":
        """The profile of someone nothing is known of yet."""
        return cls(profile_id=derived("profile", user_id), user_id=user_id)

    def told(self, version: int, **fields: Any) -> "KeptProfile":
        """With what the account at this version says, as far as nothing newer was told of a field."""
        news = {name: value for name, value in fields.items() if version > self.heard.get(name, 0)}
        return self.but(**news, heard={**self.heard, **dict.fromkeys(news, version)})

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

    def _score(self) -> int:
        weights = {
            15: (self.first_name, self.last_name, self.phone),
            10: (self.avatar_url, self.date_of_birth),
            5: (self.gender,),
            20: (self.defaults,),
        }
        return sum(weight for weight, parts in weights.items() for part in parts if part)


class AddressFields(Body):
    """What a customer says of an address."""

    type: AddressType = "shipping"
    first_name: FirstName | None = None
    last_name: LastName | None = None
    full_name: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(default=None, validate_default=True)
    phone: Phone | None = None
    address_line1: Line
    address_line2: Annotated[str, Field(max_length=255)] | None = None
    city: Place
    state: Place | None = None
    postal_code: PostalCode
    country: CountryName
    is_default: bool = False

    @field_validator("full_name")
    @classmethod
    def _has_a_name(cls, full_name: str | None, info: ValidationInfo) -> str | None:
        """A full name that is not given is made of its parts, as far as 200 characters hold it."""
        full_name = full_name or joined(info.data.get("first_name"), info.data.get("last_name"))
        if not full_name:
            raise PydanticCustomError("missing", "Give full_name, or first_name and last_name")
        return full_name[:200]


class ChangeAddress(Body):
    """What may change about an address; `is_default` makes it the default of its kinds."""

    type: AddressType = "shipping"
    first_name: FirstName | None = None
    last_name: LastName | None = None
    full_name: Annotated[str, Field(min_length=1, max_length=200)] = ""
    phone: Phone | None = None
    address_line1: Line = ""
    address_line2: Annotated[str, Field(max_length=255)] | None = None
    city: Place = ""
    state: Place | None = None
    postal_code: PostalCode = ""
    country: CountryName = ""
    is_default: bool = False


class PostalAddress(Record):
    """USER-02. A place to send things or invoices to."""

    address_id: str
    user_id: str
    type: str = "shipping"
    first_name: str | None = None
    last_name: str | None = None
    full_name: str
    phone: str | None = None
    address_line1: str
    address_line2: str | None = None
    city: str
    country: str
    state: str | None = None
    postal_code: str

    @field_validator("state")
    @classmethod
    def _as_code(cls, state: str | None, info: ValidationInfo) -> str | None:
        """``us-ca`` and ``ca`` are CA; a state without a code keeps its name."""
        if state is None:
            return None
        code = state.upper().removeprefix(f"{info.data.get('country')}-")
        return code if len(code) <= 3 and code.isalnum() else state

    @property
    def place(self) -> str:
        """Its place among the owner's addresses, which sort by age."""
        return f"{self.created_at}#{self.address_id}"

    def serves(self, kind: str) -> bool:
        """Whether it is for this kind of use: shipping or billing."""
        return self.type in (kind, "both")

    def changed(self, fields: dict[str, Any]) -> "PostalAddress":
        """With other values in some fields; a full name that was made of its parts is made again."""
        after = self.but(**fields)
        if "full_name" in fields or self.full_name != joined(self.first_name, self.last_name):
            return after
        return after.but(full_name=joined(after.first_name, after.last_name) or self.full_name)

    def fault(self) -> str | None:
        """Why a checkout cannot use it, if so."""
        if not self.phone:
            return "phone_missing"
        if self.country in STATES_NEEDED and not self.state:
            return "state_missing"
        return None


class Address(PostalAddress):
    """An address as its owner sees it. `is_default` follows from the profile, so no kind has two."""

    is_default: bool


class AddressBook(NamedTuple):
    """Someone's addresses, newest first, and the profile that says which are the defaults."""

    profile: KeptProfile
    new: bool  # the profile is not stored yet
    addresses: list[PostalAddress]

    def find(self, address_id: str) -> PostalAddress | None:
        """One of the addresses."""
        return next((address for address in self.addresses if address.address_id == address_id), None)

    def shown(self, address: PostalAddress) -> Address:
        """An address as its owner sees it."""
        return Address(**dict(address), is_default=address.address_id in self.profile.defaults)

    def holding(self, addresses: Sequence[PostalAddress], chosen: PostalAddress | None = None) -> "AddressBook":
        """The book with these addresses instead. A kind's default is the chosen one, or as it was, or the newest."""
        if len(addresses) > max(MAX_ADDRESSES, len(self.addresses)):
            raise invalid("address_limit", f"There are {MAX_ADDRESSES} addresses already")
        newest = sorted(addresses, key=lambda a: a.place, reverse=True)
        defaults = {}
        for kind in ("shipping", "billing"):
            able = [address.address_id for address in newest if address.serves(kind)]
            wanted = [chosen.address_id if chosen else None, getattr(self.profile, f"default_{kind}_address_id"), *able]
            defaults[f"default_{kind}_address_id"] = next((x for x in wanted if x in able), None)
        return AddressBook(self.profile.but(**defaults), self.new, newest)


class ChosenAddresses(Part):
    """Which addresses a checkout names."""

    user_id: str
    shipping_address_id: str
    billing_address_id: str | None = None


class ResolvedAddresses(Part):
    """The addresses of a checkout in full; bills go where the parcel goes unless said otherwise."""

    shipping_address: PostalAddress
    billing_address: PostalAddress


class WhichUser(Part):
    """A user, by id."""

    user_id: str
