"""What is kept beside a profile: preferences, wishes, what was looked at, what was done, and what is paid with."""

from typing import Annotated, Any

from pydantic import Field

from shop.errors import invalid
from shop.events import Event
from shop.ids import derived, new_id
from shop.money import Money
from shop.records import Body, Json, Part, Prose, Record, Xid

MAX_PREFERENCES = 100
MAX_KEY = 100
MAX_VIEWS = 50

Notes = Annotated[Prose, Field(max_length=1000)]


class Preference(Record):
    """USER-04. One choice of a customer, under a name that clients agree on."""

    id: str
    user_id: str
    key: str
    value: str

    @classmethod
    def of(cls, user_id: str, key: str, value: str) -> "Preference":
        """A preference under a key of 1 to 100 printable characters (422 invalid_key)."""
        if not (0 < len(key.strip()) <= len(key) <= MAX_KEY and key.isprintable()):
            raise invalid("invalid_key", f"A key has 1 to {MAX_KEY} printable characters", "/key")
        return cls(id=derived("preference", user_id, key), user_id=user_id, key=key, value=value)


Preferences = dict[str, str]  # all preferences of a customer: each value under its key


class SetPreference(Body):
    """What a preference is to be."""

    value: Annotated[Prose, Field(max_length=4000)]


class WishlistItem(Record):
    """USER-05. A product someone wishes for, with copies of what it is and costs."""

    id: str
    user_id: str
    product_id: str
    product_name: str
    product_image_url: str | None = None
    product_price: Money | None = None
    notes: str | None = None

    @classmethod
    def of(cls, user_id: str, product: "Product", notes: str | None) -> "WishlistItem":
        """A wish for a product that can be bought, or of which a variant can (422 product_unavailable)."""
        if not product.is_listed:
            raise invalid("product_unavailable", "This product is not sold", "/product_id", reason=product.reason)
        wish = {"id": derived("wish", user_id, product.product_id), "user_id": user_id, "notes": notes}
        return cls.model_validate({**wish, **product.copies, "product_id": product.product_id})

    def refreshed(self, product: "Product") -> "WishlistItem":
        """With what the catalog says now; of what is no longer sold the last copies stay."""
        return self.but(**product.copies) if product.is_listed else self


class AddWish(Body):
    """A product to wish for."""

    product_id: Xid
    notes: Notes | None = None


class ChangeWish(Body):
    """What is noted beside a wish; null removes it."""

    notes: Notes | None


class RecentlyViewed(Record):
    """USER-06. A product someone has looked at, and when last."""

    id: str
    user_id: str
    product_id: str
    product_name: str
    product_price: Money | None = None
    viewed_at: str

    def refreshed(self, product: "Product") -> "RecentlyViewed":
        """With what the catalog says now."""
        known = {name: value for name, value in product.copies.items() if name != "product_image_url"}
        return self.but(**known) if product.is_listed else self


class Product(Part):
    """What the catalog says of a product now."""

    product_id: str
    sellable: bool
    reason: str | None = None
    product_name: str | None = None
    product_image_url: str | None = None
    unit_price: Money | None = None

    @property
    def is_listed(self) -> bool:
        """Whether it can be bought, if only as one of its variants."""
        return self.product_name is not None and (self.sellable or self.reason == "variant_required")

    @property
    def copies(self) -> dict[str, Any]:
        """What is copied of it."""
        image = self.product_image_url
        return {"product_name": self.product_name, "product_image_url": image, "product_price": self.unit_price}


class Activity(Record):
    """USER-07. Something a customer has done, or that happened to what is theirs."""

    id: str = Field(default_factory=new_id)
    user_id: str
    activity_type: str
    entity_type: str
    entity_id: str
    metadata: Json = {}

    @classmethod
    def heard(cls, event: Event, user_id: str, entity_type: str, entity_id: str, **metadata: Any) -> "Activity":
        """What an event tells, at the time it happened: the same activity however often it is heard."""
        assert event.meta is not None
        at = event.meta.occurred_at
        return cls(
            id=derived("activity", event.meta.id),
            user_id=user_id,
            activity_type=event.type,
            entity_type=entity_type,
            entity_id=entity_id,
            metadata=metadata,
            created_at=at,
            updated_at=at,
        )


class PaymentMethodRef(Record):
    """USER-03. What a customer pays with, as payments tells it: never its token."""

    id: str
    user_id: str
    type: str
    is_default: bool = False
    card_type: str | None = None
    last4: str | None = None


class KeptMethodRef(PaymentMethodRef):
    """A payment method with the version of it that was heard last."""

    heard_version: int


class DetachedMethod(Record):
    """The mark a payment method leaves, so that what is heard of it late does not bring it back."""

    id: str
    user_id: str
