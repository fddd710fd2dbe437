"""Places to send things or invoices to, and which of them are the defaults."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from shop.errors import invalid
from shop.records import Body, Line, Part, Record, folded
from users.countries import alpha_2
from users.model.profile import FirstName, KeptProfile, LastName, Phone, joined

MAX_ADDRESSES = 50
# Where a parcel is not delivered without the state.
STATES_NEEDED = frozenset({"US", "CA", "AU", "BR", "IN", "MX"})


AddressType = Annotated[Literal["shipping", "billing", "both"], folded]
Street = Annotated[Line, Field(min_length=1, max_length=255)]
Place = Annotated[Line, Field(min_length=1, max_length=100)]
PostalCode = Annotated[Line, Field(min_length=1, max_length=20)]
CountryName = Annotated[Line, Field(min_length=1, max_length=100), AfterValidator(alpha_2)]


class AddressFields(Body):
    """What a customer says of an address."""

    type: AddressType = "shipping"
    first_name: FirstName | None = None
    last_name: LastName | None = None
    full_name: Annotated[Line, Field(min_length=1, max_length=200)] | None = Field(default=None, validate_default=True)
    phone: Phone | None = None
    address_line1: Street
    address_line2: Annotated[Line, Field(max_length=255)] | None = None
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
    full_name: Annotated[Line, Field(min_length=1, max_length=200)] = ""
    phone: Phone | None = None
    address_line1: Street = ""
    address_line2: Annotated[Line, Field(max_length=255)] | None = None
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
