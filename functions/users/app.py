"""The doors into users: profiles, addresses, and what a checkout must know of them."""

from shop.api import CUSTOMER, Api, OperationId, Version
from shop.auth import Caller
from shop.events.auth import UserCreated, UserEmailChanged, UserPhoneVerified, UserStatusChanged
from shop.pages import Page, Paging
from users import logic, store
from users.model import (
    Address,
    AddressFields,
    ChangeAddress,
    ChangeProfile,
    ChosenAddresses,
    Profile,
    ResolvedAddresses,
    WhichUser,
)

app = Api("users", store.table)


@app.route("/users/me", who=CUSTOMER)
def get_profile(caller: Caller) -> Profile:
    return store.profile(caller.user_id)


@app.route("/users/me", methods=["PATCH"], who=CUSTOMER, if_match=True)
def change_profile(caller: Caller, version: Version, body: ChangeProfile) -> Profile:
    return logic.change_profile(caller.user_id, version, body)


@app.route("/users/me/addresses", who=CUSTOMER)
def list_addresses(caller: Caller, query: Paging) -> Page[Address]:
    return logic.list_addresses(caller.user_id, query)


@app.route(
    "/users/me/addresses", methods=["POST"], who=CUSTOMER, status=201, location="/users/me/addresses/{address_id}"
)
def add_address(caller: Caller, address_id: OperationId, body: AddressFields) -> Address:
    return logic.add_address(caller.user_id, address_id, body)


@app.route("/users/me/addresses/{address_id}", who=CUSTOMER)
def get_address(caller: Caller, address_id: str) -> Address:
    return logic.get_address(caller.user_id, address_id)


@app.route("/users/me/addresses/{address_id}", methods=["PATCH"], who=CUSTOMER, if_match=True)
def change_address(caller: Caller, address_id: str, version: Version, body: ChangeAddress) -> Address:
    return logic.change_address(caller.user_id, address_id, version, body)


@app.route("/users/me/addresses/{address_id}", methods=["DELETE"], who=CUSTOMER, if_match=True)
def delete_address(caller: Caller, address_id: str, version: Version) -> None:
    logic.delete_address(caller.user_id, address_id, version)


@app.step
def resolve_addresses(chosen: ChosenAddresses) -> ResolvedAddresses:
    return logic.resolve_addresses(chosen)


@app.step
def find_user(user: WhichUser) -> Profile:
    return store.profile(user.user_id)


app.hears(
    {
        UserCreated: logic.on_user_created,
        UserEmailChanged: logic.on_user_email_changed,
        UserStatusChanged: logic.on_user_status_changed,
        UserPhoneVerified: logic.on_user_phone_verified,
    }
)

steps = app.steps
events = app.events
