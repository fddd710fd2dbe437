"""The doors into users: profiles, addresses, and whatever else a customer keeps with the shop."""

from shop.api import CUSTOMER, SUPPORT, Answer, Api, OperationId, Version
from shop.auth import Caller
from shop.pages import Page, Paging, Whose, WhosePaging
from users.logic import addresses, methods, preferences, profiles, views, wishes
from users.model.address import Address, AddressFields, ChangeAddress, ChosenAddresses, ResolvedAddresses
from users.model.belongings import (
    Activity,
    AddWish,
    ChangeWish,
    PaymentMethodRef,
    Preference,
    Preferences,
    RecentlyViewed,
    SetPreference,
    WishlistItem,
)
from users.model.profile import ChangeProfile, Profile, WhichUser
from users.store import activities as stored_activities
from users.store import preferences as stored_preferences
from users.store import profiles as stored
from users.store import table
from users.store import wishes as stored_wishes

app = Api("users", table)


class ProfileList(Paging):
    """Everyone's profiles, or those with one email address."""

    email: str | None = None


@app.route("/users", who=SUPPORT)
def list_profiles(query: ProfileList) -> Page[Profile]:
    return profiles.profiles(query.email, query)


@app.route("/users/{user_id}", who=SUPPORT)
def get_profile_of(user_id: str) -> Profile:
    return stored.profile(user_id)


@app.route("/users/me", who=CUSTOMER)
def get_profile(caller: Caller) -> Profile:
    return stored.profile(caller.user_id)


@app.route("/users/me", methods=["PATCH"], who=CUSTOMER, if_match=True)
def change_profile(caller: Caller, version: Version, body: ChangeProfile) -> Profile:
    return profiles.change_profile(caller.user_id, version, body)


@app.route("/users/me/addresses", who=CUSTOMER)
def list_addresses(caller: Caller, query: WhosePaging) -> Page[Address]:
    return addresses.list_addresses(caller.whose(query.user_id), query)


@app.route(
    "/users/me/addresses", methods=["POST"], who=CUSTOMER, status=201, location="/users/me/addresses/{address_id}"
)
def add_address(caller: Caller, address_id: OperationId, body: AddressFields) -> Address:
    return addresses.add_address(caller.user_id, address_id, body)


@app.route("/users/me/addresses/{address_id}", who=CUSTOMER)
def get_address(caller: Caller, address_id: str, query: Whose) -> Address:
    return addresses.get_address(caller.whose(query.user_id), address_id)


@app.route("/users/me/addresses/{address_id}", methods=["PATCH"], who=CUSTOMER, if_match=True)
def change_address(caller: Caller, address_id: str, version: Version, body: ChangeAddress) -> Address:
    return addresses.change_address(caller.user_id, address_id, version, body)


@app.route("/users/me/addresses/{address_id}", methods=["DELETE"], who=CUSTOMER, if_match=True)
def delete_address(caller: Caller, address_id: str, version: Version) -> None:
    addresses.delete_address(caller.user_id, address_id, version)


@app.route("/users/me/payment-methods", who=CUSTOMER)
def list_own_payment_methods(caller: Caller, query: WhosePaging) -> Page[PaymentMethodRef]:
    return methods.payment_methods(caller.whose(query.user_id), query)


@app.route("/users/me/preferences", who=CUSTOMER)
def get_preferences(caller: Caller, query: Whose) -> Preferences:
    return preferences.preferences(caller.whose(query.user_id))


@app.route("/users/me/preferences/{key}", methods=["PUT"], who=CUSTOMER)
def set_preference(caller: Caller, key: str, body: SetPreference) -> Preference:
    return preferences.set_preference(caller.user_id, key, body.value)


@app.route("/users/me/preferences/{key}", methods=["DELETE"], who=CUSTOMER)
def delete_preference(caller: Caller, key: str) -> None:
    stored_preferences.remove(caller.user_id, key)


@app.route("/users/me/wishlist-items", who=CUSTOMER)
def list_wishes(caller: Caller, query: WhosePaging) -> Page[WishlistItem]:
    return stored_wishes.wishes(caller.whose(query.user_id), query)


@app.route("/users/me/wishlist-items", methods=["POST"], who=CUSTOMER, status=201, location="/users/me/wishlist-items")
def add_wish(caller: Caller, body: AddWish) -> Answer[WishlistItem]:
    wish, is_new = wishes.add(caller.user_id, body)
    return Answer(wish, 201 if is_new else 200)


@app.route("/users/me/wishlist-items/{product_id}", methods=["PATCH"], who=CUSTOMER)
def change_wish(caller: Caller, product_id: str, body: ChangeWish) -> WishlistItem:
    return wishes.change(caller.user_id, product_id, body)


@app.route("/users/me/wishlist-items/{product_id}", methods=["DELETE"], who=CUSTOMER)
def delete_wish(caller: Caller, product_id: str) -> None:
    wishes.remove(caller.user_id, product_id)


@app.route("/users/me/recently-viewed-products", who=CUSTOMER)
def list_recently_viewed(caller: Caller, query: Whose) -> Page[RecentlyViewed]:
    return Page(data=views.recently_viewed(caller.whose(query.user_id)))


@app.route("/users/me/recently-viewed-products", methods=["DELETE"], who=CUSTOMER)
def clear_recently_viewed(caller: Caller) -> None:
    views.clear(caller.user_id)


@app.route("/users/me/activities", who=CUSTOMER)
def list_activities(caller: Caller, query: WhosePaging) -> Page[Activity]:
    return stored_activities.activities(caller.whose(query.user_id), query)


@app.step
def resolve_addresses(chosen: ChosenAddresses) -> ResolvedAddresses:
    return addresses.resolve_addresses(chosen)


@app.step
def find_user(user: WhichUser) -> Profile:
    return stored.profile(user.user_id)


steps = app.steps
events = app.events
