"""Zones: the parts of the world that methods serve, and how an address finds its own."""

from typing import Annotated, Literal

from pydantic import Field

from shop.ids import new_id
from shop.records import Body, Country, Record, folded

ZoneType = Annotated[Literal["country", "state", "postal_code", "custom"], folded]
Name = Annotated[str, Field(min_length=1, max_length=100)]
StateCode = Annotated[str, Field(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$")]
PostalCode = Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9 -]{0,18}\*?$")]
PREFIX_MAX = 9


class ZoneFields(Body):
    """What a merchant says about a zone. A postal code is exact or, with a star, a prefix: ``94*``."""

    name: Name
    type: ZoneType
    countries: list[Country] = []
    states: list[StateCode] = []
    postal_codes: list[PostalCode] = []
    is_active: bool = True


class ChangeZone(Body):
    """What may change about a zone; what is left out stays."""

    name: Name = ""
    countries: list[Country] = []
    states: list[StateCode] = []
    postal_codes: list[PostalCode] = []
    is_active: bool = True


class Zone(Record):
    """SHIP-01. A part of the world that methods serve."""

    id: str = Field(default_factory=new_id)
    name: str
    type: str
    countries: list[str] = []
    states: list[str] = []
    postal_codes: list[str] = []
    is_active: bool = True

    @property
    def nowhere(self) -> bool:
        """Whether it names no place of its own type."""
        needed = {
            "country": [self.countries],
            "state": [self.states],
            "postal_code": [self.countries, self.postal_codes],
        }
        return not all(needed.get(self.type, []))

    @property
    def places(self) -> set[str]:
        """The places by which an address finds this zone; none while it is not active."""
        if not self.is_active:
            return set()
        match self.type:
            case "postal_code":
                return {
                    f"postal_code#{country}#{code[:-1] if code.endswith('*') else '=' + code}"
                    for country in self.countries
                    for code in self.postal_codes
                }
            case "state":
                return {f"state#{state}" for state in self.states}
            case "country":
                return {f"country#{country}" for country in self.countries}
        return {"custom#*"}


class ZoneMatch(Record):
    """SHIP-07. The zones that cover a place."""

    place: str
    zone_ids: set[str] = set()


class Destination(Body):
    """Where a parcel would go."""

    country: Country
    state: str | None = Field(default=None, max_length=100)
    postal_code: str | None = Field(default=None, max_length=20)

    @property
    def places(self) -> list[str]:
        """The places that cover it, the most specific first: postal prefixes, state, country, anywhere."""
        postal = (self.postal_code or "").upper()
        exact = [f"postal_code#{self.country}#={postal}"] if postal else []
        prefixes = [f"postal_code#{self.country}#{postal[:n]}" for n in range(min(len(postal), PREFIX_MAX), 0, -1)]
        state = [f"state#{self.country}-{self.state.upper()}"] if self.state else []
        return [*exact, *prefixes, *state, f"country#{self.country}", "custom#*"]
