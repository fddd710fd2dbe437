"""What users tells: profiles, addresses and wishes."""

from typing import Any

from shop.events import Event


class ProfileCreated(Event):
    """E16. A user has a profile."""

    type, about = "profile.created", "user"
    user_id: str


class ProfileUpdated(Event):
    """E17. `changed` holds the new values of the fields that changed."""

    type, about = "profile.updated", "user"
    user_id: str
    changed: dict[str, Any]


class AddressChanged(Event):
    """E18. `action` is added, changed or removed."""

    type, about = "address.changed", "address"
    user_id: str
    address_id: str
    action: str


class WishlistItemAdded(Event):
    """E19."""

    type, about = "wishlist.item_added", "user"
    user_id: str
    product_id: str


class WishlistItemRemoved(Event):
    """E20."""

    type, about = "wishlist.item_removed", "user"
    user_id: str
    product_id: str
