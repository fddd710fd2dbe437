"""Carriers: who takes the parcels, and how to talk with them."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from shipping.model.methods import CarrierCode
from shipping.model.zones import Name
from shop.freeform import FreeForm
from shop.ids import new_id
from shop.records import Body, Record, Url

MAX_SECRET = 500


def _with_an_address(configuration: dict[str, Any]) -> dict[str, Any]:
    """Parcels are sent from the `origin_address`, where there is one."""
    address = configuration.get("origin_address") or {}
    if not (isinstance(address, dict) and all(isinstance(line, str | None) for line in address.values())):
        raise PydanticCustomError("address_type", "origin_address is an object of texts")
    return configuration


Configuration = Annotated[FreeForm, AfterValidator(_with_an_address)]


class CarrierFields(Body):
    """What a merchant says about a carrier. One with an `api_endpoint` is asked there; the others are told by hand."""

    name: Name
    code: CarrierCode
    api_endpoint: Url | None = None
    api_key: str | None = Field(default=None, min_length=1, max_length=MAX_SECRET)
    webhook_secret: str | None = Field(default=None, min_length=16, max_length=MAX_SECRET)
    is_active: bool = True
    configuration: Configuration = {}


class ChangeCarrier(Body):
    """What may change about a carrier; what is left out stays."""

    name: Name = ""
    api_endpoint: Url | None = None
    api_key: str | None = Field(default=None, min_length=1, max_length=MAX_SECRET)
    webhook_secret: str | None = Field(default=None, min_length=16, max_length=MAX_SECRET)
    is_active: bool = True
    configuration: Configuration = {}


class Carrier(Record):
    """SHIP-04."""

    id: str = Field(default_factory=new_id)
    name: str
    code: str
    api_endpoint: str | None = None
    is_active: bool = True
    configuration: FreeForm = {}


class StoredCarrier(Carrier):
    """A carrier with its secrets, sealed."""

    sealed_api_key: str | None = None
    sealed_webhook_secret: str | None = None
    parcels: int = 0  # it was ever given
