"""Where users keeps its things. `{s}` is one of ten shards, `@` is `<created_at>#<id>`.

| thing          | PK             | SK                 | GSI1PK / GSI1SK                        |
|----------------|----------------|--------------------|----------------------------------------|
| Profile        | USER#<user_id> | PROFILE            | EMAIL#<email> / PROFILE                |
| Address        | USER#<user_id> | ADDR#<address_id>  | -                                      |
| PaymentMethod  | USER#<user_id> | PM#<id>            | -                                      |
| DetachedMethod | USER#<user_id> | PMGONE#<id>        | -                                      |
| Preference     | USER#<user_id> | PREF#<key>         | -                                      |
| their number   | USER#<user_id> | PREFS              | -                                      |
| WishlistItem   | USER#<user_id> | WISH#<product_id>  | PROD#<product_id>#{s} / WISH#<user_id> |
| RecentlyViewed | USER#<user_id> | VIEW#<product_id>  | VIEWS#<user_id> / <viewed_at>#<id>     |
| last cleared   | USER#<user_id> | VIEWS              | -                                      |
| Activity       | ACT#<user_id>  | @                  | ACTENT#<entity_type>#<entity_id> / @   |

GSI2 lists the profiles: PROFILES#{s} / <created_at>#<user_id>.
A profile is stored with the first address or payment method if that comes before the account's creation is heard; it
is found by the indexes only from then on. Of a deleted user an empty profile stays, marked as erased: whatever else is
written for a user checks that mark in the same write.
"""

from shop import clock
from shop.settings import DAY
from shop.table import Key, Row, Table, sharded
from users.model.address import PostalAddress
from users.model.belongings import (
    Activity,
    DetachedMethod,
    KeptMethodRef,
    Preference,
    RecentlyViewed,
    WishlistItem,
)
from users.model.profile import KeptProfile

table = Table("users")

VIEWS_KEPT, ACTIVITIES_KEPT = 90 * DAY, 180 * DAY
# The bus can replay a month: what is heard of a detached method after this is not of this shop.
DETACHED_KEPT = 60 * DAY


def profile_key(user_id: str) -> Key:
    """Where a profile is."""
    return Key(f"USER#{user_id}", "PROFILE")


def by_email(email: str) -> str:
    """Under what a profile is found by its email address."""
    return f"EMAIL#{email.strip().lower()}"


def address_key(user_id: str, address_id: str) -> Key:
    """Where an address is: beside the profile of its owner."""
    return Key(f"USER#{user_id}", f"ADDR#{address_id}")


def method_key(user_id: str, method_id: str) -> Key:
    """Where a payment method is."""
    return Key(f"USER#{user_id}", f"PM#{method_id}")


def detached_key(user_id: str, method_id: str) -> Key:
    """Where it is marked that a payment method was detached."""
    return Key(f"USER#{user_id}", f"PMGONE#{method_id}")


def preference_key(user_id: str, key: str) -> Key:
    """Where a preference is."""
    return Key(f"USER#{user_id}", f"PREF#{key}")


def preferences_key(user_id: str) -> Key:
    """Where the number of a user's preferences is."""
    return Key(f"USER#{user_id}", "PREFS")


def wish_key(user_id: str, product_id: str) -> Key:
    """Where a wish is."""
    return Key(f"USER#{user_id}", f"WISH#{product_id}")


def view_key(user_id: str, product_id: str) -> Key:
    """Where it is kept when a user last looked at a product."""
    return Key(f"USER#{user_id}", f"VIEW#{product_id}")


def cleared_key(user_id: str) -> Key:
    """Where it is kept when a user last cleared what they looked at."""
    return Key(f"USER#{user_id}", "VIEWS")


def _activity_row(a: Activity) -> Row:
    entry = f"{a.created_at}#{a.id}"
    about = (f"ACTENT#{a.entity_type}#{a.entity_id}", entry)
    return Row(Key(f"ACT#{a.user_id}", entry), gsi1=about, ttl=clock.ttl(a.created_at, ACTIVITIES_KEPT))


def _view_row(v: RecentlyViewed) -> Row:
    entry = (f"VIEWS#{v.user_id}", f"{v.viewed_at}#{v.product_id}")
    return Row(view_key(v.user_id, v.product_id), gsi1=entry, ttl=clock.ttl(v.viewed_at, VIEWS_KEPT))


PROFILES = table.kind(
    "user_profile",
    KeptProfile,
    lambda p: Row(
        profile_key(p.user_id),
        gsi1=(by_email(p.email), "PROFILE") if p.introduced else None,
        gsi2=(sharded("PROFILES", p.user_id), f"{p.created_at}#{p.user_id}") if p.introduced else None,
    ),
)
ADDRESSES = table.kind("address", PostalAddress, lambda a: Row(address_key(a.user_id, a.address_id)))
METHODS = table.kind("payment_method_ref", KeptMethodRef, lambda m: Row(method_key(m.user_id, m.id)))
DETACHED = table.kind(
    "detached_method",
    DetachedMethod,
    lambda m: Row(detached_key(m.user_id, m.id), ttl=clock.ttl(m.created_at, DETACHED_KEPT)),
)
PREFERENCES = table.kind("preference", Preference, lambda p: Row(preference_key(p.user_id, p.key)))
WISHES = table.kind(
    "wishlist_item",
    WishlistItem,
    lambda w: Row(
        wish_key(w.user_id, w.product_id),
        gsi1=(sharded(f"PROD#{w.product_id}", w.user_id), f"WISH#{w.user_id}"),
    ),
)
VIEWS = table.kind("recently_viewed", RecentlyViewed, _view_row)
ACTIVITIES = table.kind("activity", Activity, _activity_row)
