"""Profiles and addresses.

R46, R47, R50-R54, R66, R67; B64-B68; E1, E2, E4, E5, E16-E18; AP15, AP17; USER-01, USER-02.
"""

import uuid
from typing import Any

import pytest

from shop.errors import Refusal
from tests import kit
from tests.kit import Client, anyone, hear, pending, perform, user
from users.store import addresses, profiles

pytestmark = pytest.mark.usefixtures("shop")

ADDRESSES = "/v1/users/me/addresses"
HOME = {
    "type": "both",
    "full_name": "Ann Lee",
    "phone": "+14155550100",
    "address_line1": "1 Main St",
    "city": "San Francisco",
    "state": "CA",
    "postal_code": "94107",
    "country": "US",
}


def told(event: str, version: int, event_id: str | None = None, **data: Any) -> dict[str, Any]:
    """What auth says of a user, as it comes over the bus."""
    return {
        "id": event_id or str(uuid.uuid4()),
        "type": event,
        "version": 1,
        "occurred_at": "2026-01-31T09:00:00.000Z",
        "aggregate_type": "user",
        "aggregate_id": data["user_id"],
        "aggregate_version": version,
        "correlation_id": "c",
        "actor": {"type": "user", "id": data["user_id"]},
        "data": data,
    }


def created(user_id: str, **fields: Any) -> dict[str, Any]:
    ann = {"email": "ann@example.com", "first_name": "Ann", "last_name": "Lee", "roles": ["customer"]}
    return told("user.created", 1, user_id=user_id, **{**ann, **fields})


def say(detail: dict[str, Any], times: int = 1) -> None:
    for _ in range(times):
        hear(detail["type"], detail, to=lambda service: service == "users")


def ann(**fields: Any) -> Client:
    """Someone whose account's creation was heard."""
    client = user()
    assert client.caller
    say(created(client.caller.user_id, **fields))
    return client


def id_of(client: Client) -> str:
    assert client.caller
    return client.caller.user_id


def an_address(client: Client, **fields: Any) -> str:
    return str(client.post(ADDRESSES, {**HOME, **fields}).ok(201)["address_id"])


def book(client: Client) -> list[dict[str, Any]]:
    return list(client.get(f"{ADDRESSES}?limit=100").ok()["data"])


def defaults(client: Client) -> set[str]:
    """The addresses shown as defaults, which must be those the profile points at."""
    shown = {address["address_id"] for address in book(client) if address["is_default"]}
    profile = client.get("/v1/users/me").ok()
    assert shown == {profile["default_shipping_address_id"], profile["default_billing_address_id"]} - {None}
    return shown


def events() -> list[tuple[str, dict[str, Any]]]:
    return [(name, detail["data"]) for name, detail in pending("users")]


# --- the profile


def test_the_profile_is_made_once_however_often_the_account_is_told_of() -> None:
    """B64, E16."""
    client = user()
    client.get("/v1/users/me").refused(404, "not_found")
    say(created(id_of(client), phone="+14155550100"), times=3)
    me = client.get("/v1/users/me").ok(200)
    assert {name: me[name] for name in ("user_id", "email", "first_name", "last_name", "full_name", "phone")} == {
        "user_id": id_of(client),
        "email": "ann@example.com",
        "first_name": "Ann",
        "last_name": "Lee",
        "full_name": "Ann Lee",
        "phone": "+14155550100",
    }
    assert (me["is_active"], me["preferred_currency"], me["preferred_language"], me["version"]) == (
        True,
        "USD",
        "en",
        1,
    )
    assert me["profile_completion_score"] == 45
    assert {"introduced", "heard", "verified_phone"}.isdisjoint(me)
    assert [name for name, _ in events()] == ["profile.created"]


def test_email_and_state_follow_the_account_whatever_the_order() -> None:
    """B65, B7, E2, E5."""
    client = user()
    newer = told("user.email_changed", 5, user_id=id_of(client), old_email="b@example.com", email="c@example.com")
    older = told("user.email_changed", 3, user_id=id_of(client), old_email="a@example.com", email="b@example.com")
    gone = told("user.status_changed", 4, user_id=id_of(client), was="active", status="suspended", is_active=False)
    for event in (newer, gone):
        say(event)
    client.get("/v1/users/me").refused(404, "not_found")
    for event in (created(id_of(client), email="a@example.com"), older, newer, gone):
        say(event, times=2)
    me = client.get("/v1/users/me").ok()
    assert (me["email"], me["is_active"], me["first_name"]) == ("c@example.com", False, "Ann")
    back = told("user.status_changed", 6, user_id=id_of(client), was="suspended", status="active", is_active=True)
    say(back)
    assert client.get("/v1/users/me").ok()["is_active"] is True
    assert [name for name, _ in events()] == ["profile.created"]


@pytest.mark.parametrize("first", ["user.created", "user.phone_verified"])
def test_a_verified_number_is_the_number_where_there_is_none(first: str) -> None:
    """E4: in whatever order auth is heard; others learn of it as of any change."""
    client = user()
    news = [created(id_of(client)), told("user.phone_verified", 2, user_id=id_of(client), phone="+14155550199")]
    for event in news if first == "user.created" else news[::-1]:
        say(event, times=2)
    me = client.get("/v1/users/me").ok()
    assert (me["phone"], me["phone_verified"]) == ("+14155550199", True)
    assert sorted(name for name, _ in events()) == ["profile.created", "profile.updated"]


def test_a_number_is_verified_as_long_as_it_is_the_number() -> None:
    """E4."""
    client = ann(phone="+14155550100")
    other = told("user.phone_verified", 2, user_id=id_of(client), phone="+14155550199")
    say(other)
    assert client.get("/v1/users/me").ok()["phone_verified"] is False
    say(told("user.phone_verified", 3, user_id=id_of(client), phone="+14155550100"))
    me = client.get("/v1/users/me")
    assert me.ok()["phone_verified"] is True
    changed = client.patch("/v1/users/me", {"phone": "+14155550101"}, if_match=me.etag)
    assert changed.ok(200)["phone_verified"] is False
    again = client.patch("/v1/users/me", {"phone": "+14155550100"}, if_match=changed.etag)
    assert again.ok()["phone_verified"] is False


def test_a_profile_changes_and_says_what_changed() -> None:
    """R47, B66, E17."""
    client = ann()
    me = client.get("/v1/users/me")
    assert client.get("/v1/users/me", if_none_match=me.etag).status == 304
    change = {
        "last_name": "Müller-李",
        "phone": "+493012345",
        "avatar_url": "https://img.example.com/ann.png",
        "date_of_birth": "1990-02-28",
        "gender": "female",
        "preferred_currency": "EUR",
        "preferred_language": "de-DE",
        "newsletter_subscribed": True,
    }
    client.patch("/v1/users/me", change).refused(428, "if_match_required")
    after = client.patch("/v1/users/me", change, if_match=me.etag)
    assert after.ok(200) == {**me.body, **change, **_moved(after), "full_name": "Ann Müller-李"} | {
        "profile_completion_score": 70
    }
    client.patch("/v1/users/me", {"gender": None}, if_match=me.etag).refused(412, "version_mismatch")
    assert events()[-1] == (
        "profile.updated",
        {"user_id": id_of(client), "changed": {**change, "full_name": "Ann Müller-李"}},
    )
    client.patch("/v1/users/me", {"gender": None, "phone": None}, if_match=after.etag).ok()
    assert client.get("/v1/users/me").ok()["profile_completion_score"] == 50


def _moved(reply: kit.Reply) -> dict[str, Any]:
    return {name: reply.body[name] for name in ("version", "updated_at")}


def test_a_change_that_changes_nothing_is_not_told() -> None:
    client = ann()
    me = client.get("/v1/users/me")
    assert client.patch("/v1/users/me", {"first_name": "Ann"}, if_match=me.etag).ok() == me.body
    assert [name for name, _ in events()] == ["profile.created"]


def test_a_full_name_is_as_given_or_made_of_its_parts() -> None:
    client = ann()
    one = client.patch("/v1/users/me", {"full_name": "Dr. Ann Lee"}, if_match='"1"')
    two = client.patch("/v1/users/me", {"first_name": "Anna"}, if_match=one.etag)
    assert two.ok()["full_name"] == "Dr. Ann Lee"
    assert client.patch("/v1/users/me", {"full_name": None}, if_match=two.etag).ok()["full_name"] == "Anna Lee"


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"email": "new@example.com"}, "/email", "extra_forbidden"),
        ({"first_name": "x" * 101}, "/first_name", "string_too_long"),
        ({"phone": "1" * 21}, "/phone", "string_too_long"),
        ({"date_of_birth": "2999-01-01"}, "/date_of_birth", "not_in_the_past"),
        ({"date_of_birth": "1990-02-30"}, "/date_of_birth", "not_a_date"),
        ({"preferred_currency": "XQX"}, "/preferred_currency", "unknown_currency"),
        ({"preferred_currency": None}, "/preferred_currency", "string_type"),
        ({"preferred_language": "deutsch!"}, "/preferred_language", "string_pattern_mismatch"),
        ({"avatar_url": "ftp://x"}, "/avatar_url", "string_pattern_mismatch"),
        ({"newsletter_subscribed": "yes"}, "/newsletter_subscribed", "bool_type"),
    ],
)
def test_bad_profile_input_is_422_with_a_pointer(change: dict[str, Any], pointer: str, code: str) -> None:
    problem = ann().patch("/v1/users/me", change, if_match='"1"').refused(422, "validation_failed")
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [(pointer, code)]


def test_a_profile_is_only_its_owners() -> None:
    ann()
    anyone().get("/v1/users/me").refused(401, "unauthenticated")
    user().get("/v1/users/me").refused(404, "not_found")
    user().patch("/v1/users/me", {"gender": "x"}, if_match='"1"').refused(404, "not_found")


def test_other_services_find_a_user() -> None:
    """R67."""
    client = ann()
    found = perform("users", "find_user", user_id=id_of(client))
    assert (found["email"], found["is_active"]) == ("ann@example.com", True)
    with pytest.raises(Refusal, match="not_found"):
        perform("users", "find_user", user_id="nobody")


def test_what_is_learned_is_not_lost_to_a_rival(monkeypatch: pytest.MonkeyPatch) -> None:
    """B19: the first address is added between reading and writing the profile."""
    client, learn = user(), profiles.learn

    def overtaken(*arguments: Any) -> None:
        monkeypatch.setattr(profiles, "learn", learn)
        an_address(client)
        learn(*arguments)

    monkeypatch.setattr(profiles, "learn", overtaken)
    say(created(id_of(client)))
    assert client.get("/v1/users/me").ok()["first_name"] == "Ann"
    assert len(defaults(client)) == 1


# --- addresses


def test_an_address_may_come_before_the_profile() -> None:
    """R51, B67: its pointer is there when the profile appears."""
    client = user()
    body = {**HOME, "address_line2": None, "is_default": True}
    made = client.post(ADDRESSES, body)
    home = made.ok(201)
    assert {name: home[name] for name in body} == body
    assert (home["user_id"], home["first_name"], home["last_name"]) == (id_of(client), None, None)
    assert made.headers["Location"] == f"{ADDRESSES}/{home['address_id']}"
    read = client.get(made.headers["Location"])
    assert read.ok(200) == home
    assert (read.etag, made.etag) == ('"1"', '"1"')
    client.get("/v1/users/me").refused(404, "not_found")
    say(created(id_of(client)))
    assert defaults(client) == {home["address_id"]}
    assert client.get("/v1/users/me").ok()["profile_completion_score"] == 50
    assert events()[0] == (
        "address.changed",
        {"user_id": id_of(client), "address_id": home["address_id"], "action": "added"},
    )


def test_the_first_address_is_the_default_and_another_takes_over() -> None:
    """B67, K34."""
    client = ann()
    first, second = an_address(client), an_address(client)
    assert defaults(client) == {first}
    third = an_address(client, is_default=True)
    assert defaults(client) == {third}
    seen = client.get(f"{ADDRESSES}/{second}")
    client.patch(f"{ADDRESSES}/{second}", {"is_default": True}, if_match=seen.etag).ok(200)
    assert defaults(client) == {second}


def test_each_kind_has_its_default() -> None:
    client = ann()
    parcels, invoices = an_address(client, type="SHIPPING"), an_address(client, type="billing")
    me = client.get("/v1/users/me").ok()
    assert (me["default_shipping_address_id"], me["default_billing_address_id"]) == (parcels, invoices)
    seen = client.get(f"{ADDRESSES}/{parcels}")
    client.patch(f"{ADDRESSES}/{parcels}", {"type": "billing"}, if_match=seen.etag).ok()
    me = client.get("/v1/users/me").ok()
    assert (me["default_shipping_address_id"], me["default_billing_address_id"]) == (None, invoices)
    assert defaults(client) == {invoices}


def test_an_address_that_becomes_or_stops_being_the_default_has_another_etag() -> None:
    client = ann()
    first = an_address(client)
    seen = client.get(f"{ADDRESSES}/{first}")
    second = an_address(client, is_default=True)
    now = client.get(f"{ADDRESSES}/{first}", if_none_match=seen.etag)
    assert now.ok(200)["is_default"] is False
    client.delete(f"{ADDRESSES}/{second}", if_match='"1"').ok(204)
    assert client.get(f"{ADDRESSES}/{first}", if_none_match=now.etag).ok(200)["is_default"] is True


def test_without_the_default_the_newest_left_is_it() -> None:
    """B67, R54, E18."""
    client = ann()
    first, second, third = (an_address(client, full_name=name) for name in "ABC")
    client.delete(f"{ADDRESSES}/{first}", if_match=client.get(f"{ADDRESSES}/{first}").etag).ok(204)
    newest = book(client)[0]["address_id"]
    assert newest in (second, third)
    assert defaults(client) == {newest}
    for address in book(client):
        seen = client.get(f"{ADDRESSES}/{address['address_id']}")
        client.delete(f"{ADDRESSES}/{address['address_id']}", if_match=seen.etag).ok(204)
    assert defaults(client) == set()
    client.get(f"{ADDRESSES}/{first}").refused(404, "not_found")
    client.delete(f"{ADDRESSES}/{first}", if_match='"1"').refused(404, "not_found")
    assert [data["action"] for name, data in events() if name == "address.changed"] == ["added"] * 3 + ["removed"] * 3
    assert client.get("/v1/users/me").ok()["profile_completion_score"] == 30


def test_a_default_cannot_just_stop_being_one() -> None:
    client = ann()
    first, second = an_address(client), an_address(client)
    client.patch(f"{ADDRESSES}/{first}", {"is_default": False}, if_match='"1"').refused(422, "default_needed")
    client.patch(f"{ADDRESSES}/{second}", {"is_default": False}, if_match='"1"').ok(200)
    assert defaults(client) == {first}


def test_an_address_changes_on_the_version_that_was_read() -> None:
    """R53, E18."""
    client = ann()
    address = an_address(client)
    client.patch(f"{ADDRESSES}/{address}", {"city": "Bonn"}).refused(428, "if_match_required")
    change = {"city": "Bonn", "country": "germany", "state": None, "full_name": "Änne Łęę 李", "address_line2": "2. OG"}
    after = client.patch(f"{ADDRESSES}/{address}", change, if_match='"1"')
    assert {name: after.ok(200)[name] for name in change} == {**change, "country": "DE"}
    assert after.body["is_default"] is True
    client.patch(f"{ADDRESSES}/{address}", {"city": "Ulm"}, if_match='"1"').refused(412, "version_mismatch")
    client.delete(f"{ADDRESSES}/{address}", if_match='"1"').refused(412, "version_mismatch")
    assert client.get(f"{ADDRESSES}/{address}").ok()["city"] == "Bonn"
    assert client.patch(f"{ADDRESSES}/{address}", {"city": "Bonn"}, if_match=after.etag).etag == after.etag
    assert [data["action"] for name, data in events() if name == "address.changed"] == ["added", "changed"]


def test_the_same_key_adds_one_address() -> None:
    client = ann()
    first = client.post(ADDRESSES, HOME, idempotency_key="k")
    again = client.post(ADDRESSES, HOME, idempotency_key="k")
    assert again.body == first.ok(201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(book(client)) == 1


def test_a_repeat_of_a_request_that_died_answers_with_what_it_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """B20: the process ends between writing the address and keeping the answer."""
    client = ann()
    memory = kit.app_of("users")._memory
    with monkeypatch.context() as dying:

        def die(*_: Any) -> None:
            raise KeyboardInterrupt

        dying.setattr(memory, "finish", die)
        with pytest.raises(KeyboardInterrupt):
            client.post(ADDRESSES, HOME, idempotency_key="k")
    monkeypatch.setattr("shop.idempotency.ABANDONED", -1)
    again = client.post(ADDRESSES, HOME, idempotency_key="k").ok(201)
    assert [address["address_id"] for address in book(client)] == [again["address_id"]]
    assert again["is_default"] is True


def test_there_are_at_most_fifty_and_two_rivals_do_not_make_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """B67."""
    client, write = ann(), addresses.write_address
    for number in range(49):
        an_address(client, full_name=f"Ann {number}")

    def overtaken(*arguments: Any) -> Any:
        monkeypatch.setattr(addresses, "write_address", write)
        an_address(client, full_name="Rival")
        return write(*arguments)

    monkeypatch.setattr(addresses, "write_address", overtaken)
    client.post(ADDRESSES, {**HOME, "full_name": "Loser"}).refused(422, "address_limit")
    assert len(book(client)) == 50
    assert "Rival" in {address["full_name"] for address in book(client)}
    seen = book(client)[0]
    client.delete(f"{ADDRESSES}/{seen['address_id']}", if_match=f'"{seen["version"]}"').ok(204)
    an_address(client)


@pytest.mark.parametrize("before_the_profile", [False, True])
def test_of_two_first_addresses_one_is_the_default(monkeypatch: pytest.MonkeyPatch, before_the_profile: bool) -> None:
    """K34."""
    client, write = user() if before_the_profile else ann(), addresses.write_address

    def overtaken(*arguments: Any) -> Any:
        monkeypatch.setattr(addresses, "write_address", write)
        an_address(client, full_name="Rival", is_default=True)
        return write(*arguments)

    monkeypatch.setattr(addresses, "write_address", overtaken)
    slow = an_address(client, full_name="Slow", is_default=True)
    say(created(id_of(client)))
    assert defaults(client) == {slow}
    assert len(book(client)) == 2


def test_the_promoted_address_cannot_leave_at_the_same_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """B67: while the default is deleted, the one to be promoted is deleted as well."""
    client, write = ann(), addresses.write_address
    first, second, third = an_address(client), an_address(client), an_address(client)
    heir = next(a["address_id"] for a in book(client) if a["address_id"] != first)

    def overtaken(*arguments: Any) -> Any:
        monkeypatch.setattr(addresses, "write_address", write)
        client.delete(f"{ADDRESSES}/{heir}", if_match='"1"').ok(204)
        return write(*arguments)

    monkeypatch.setattr(addresses, "write_address", overtaken)
    client.delete(f"{ADDRESSES}/{first}", if_match=client.get(f"{ADDRESSES}/{first}").etag).ok(204)
    assert defaults(client) == {second, third} - {heir}


def test_addresses_are_listed_newest_first_a_page_at_a_time() -> None:
    """R50, B16."""
    client = ann()
    made = {an_address(client, full_name=f"Ann {number}") for number in range(5)}
    first = client.get(f"{ADDRESSES}?limit=3").ok()
    second = client.get(f"{ADDRESSES}?limit=3&cursor={first['next_cursor']}").ok()
    rows = first["data"] + second["data"]
    assert (first["has_more"], second["has_more"], second["next_cursor"]) == (True, False, None)
    assert {row["address_id"] for row in rows} == made
    assert [row["created_at"] for row in rows] == sorted((row["created_at"] for row in rows), reverse=True)
    ann().get(f"{ADDRESSES}?cursor={first['next_cursor']}").refused(400, "invalid_cursor")


def test_someone_elses_address_is_not_there() -> None:
    """R52-R54."""
    address = an_address(ann())
    for other in (ann(), user("admin-1", "admin"), user("support-1", "support")):
        path = f"{ADDRESSES}/{address}"
        other.get(path).refused(404, "not_found")
        other.patch(path, {"city": "X"}, if_match='"1"').refused(404, "not_found")
        other.delete(path, if_match='"1"').refused(404, "not_found")
        assert book(other) == []
    anyone().get(ADDRESSES).refused(401, "unauthenticated")


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"full_name": None}, "/full_name", "missing"),
        ({"full_name": "x" * 201}, "/full_name", "string_too_long"),
        ({"city": " "}, "/city", "string_too_short"),
        ({"postal_code": "1" * 21}, "/postal_code", "string_too_long"),
        ({"country": "Atlantis"}, "/country", "unknown_country"),
        ({"country": "XX"}, "/country", "unknown_country"),
        ({"country": "x" * 101}, "/country", "string_too_long"),
        ({"type": "home"}, "/type", "literal_error"),
        ({"is_default": "yes"}, "/is_default", "bool_type"),
        ({"user_id": "someone"}, "/user_id", "extra_forbidden"),
    ],
)
def test_bad_address_input_is_422_with_a_pointer(change: dict[str, Any], pointer: str, code: str) -> None:
    problem = ann().post(ADDRESSES, {**HOME, **change}).refused(422, "validation_failed")
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [(pointer, code)]


@pytest.mark.parametrize("field", ["country", "city", "address_line1", "postal_code"])
def test_what_an_address_needs_is_asked_for(field: str) -> None:
    body = {name: value for name, value in HOME.items() if name != field}
    problem = ann().post(ADDRESSES, body).refused(422, "validation_failed")
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [(f"/{field}", "missing")]
    patched = ann().patch(f"{ADDRESSES}/any", {field: None}, if_match='"1"').refused(422, "validation_failed")
    assert patched["errors"][0]["pointer"] == f"/{field}"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("us", "US"),
        ("USA", "US"),
        ("United States of America", "US"),
        ("the netherlands", "NL"),
        ("United Kingdom", "GB"),
        ("EIRE", "IE"),
        ("CÔTE D'IVOIRE", "CI"),
        ("cote d'ivoire", "CI"),
        ("Bolivia", "BO"),
        ("South Korea", "KR"),
        ("Falkland Islands", "FK"),
        ("Taiwan", "TW"),
        ("Åland Islands", "AX"),
    ],
)
def test_a_country_may_be_given_by_its_name(name: str, code: str) -> None:
    assert ann().post(ADDRESSES, {**HOME, "country": name}).ok(201)["country"] == code


@pytest.mark.parametrize("name", ["Korea", "Congo, the", "Virgin Islands", "Unspecified", "European Community"])
def test_a_name_that_is_no_one_country_is_refused(name: str) -> None:
    ann().post(ADDRESSES, {**HOME, "country": name}).refused(422, "validation_failed")


@pytest.mark.parametrize(
    ("given", "kept"), [("ca", "CA"), ("US-CA", "CA"), ("us-ca", "CA"), ("California", "California"), (None, None)]
)
def test_a_state_is_kept_as_its_code(given: str | None, kept: str | None) -> None:
    assert ann().post(ADDRESSES, {**HOME, "state": given}).ok(201)["state"] == kept


def test_a_full_name_of_an_address_is_made_of_its_parts() -> None:
    client = ann()
    made = client.post(ADDRESSES, {**HOME, "full_name": None, "first_name": "Ann", "last_name": "Lee"})
    assert made.ok(201)["full_name"] == "Ann Lee"
    path = made.headers["Location"]
    after = client.patch(path, {"last_name": "Ray"}, if_match=made.etag)
    assert after.ok()["full_name"] == "Ann Ray"
    after = client.patch(path, {"full_name": "The Rays"}, if_match=after.etag)
    assert client.patch(path, {"first_name": "Anna"}, if_match=after.etag).ok()["full_name"] == "The Rays"


# --- what a checkout asks


def test_a_checkout_gets_its_addresses_in_full() -> None:
    """R66."""
    client = user()
    home, office = an_address(client), an_address(client, city="Oakland")
    chosen = {"user_id": id_of(client), "shipping_address_id": home}
    both = perform("users", "resolve_addresses", **chosen, billing_address_id=office)
    assert (both["shipping_address"]["address_id"], both["billing_address"]["city"]) == (home, "Oakland")
    assert both["shipping_address"].items() >= HOME.items()
    one = perform("users", "resolve_addresses", **chosen, billing_address_id=None)
    assert one["billing_address"] == one["shipping_address"] == both["shipping_address"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"phone": None}, "phone_missing"),
        *(({"state": None, "country": country}, "state_missing") for country in ("US", "CA", "AU", "BR", "IN", "MX")),
    ],
)
def test_a_checkout_is_refused_an_address_that_lacks_something(fields: dict[str, Any], reason: str) -> None:
    client = user()
    home, poor = an_address(client), an_address(client, **fields)
    for chosen in (
        {"shipping_address_id": poor, "billing_address_id": None},
        {"shipping_address_id": home, "billing_address_id": poor},
    ):
        with pytest.raises(Refusal, match="address_invalid") as refused:
            perform("users", "resolve_addresses", user_id=id_of(client), **chosen)
        assert refused.value.facts == {"reason": reason, "address_id": poor}


def test_a_checkout_needs_no_state_where_there_is_none() -> None:
    client = user()
    home = an_address(client, country="DE", state=None)
    found = perform("users", "resolve_addresses", user_id=id_of(client), shipping_address_id=home)
    assert found["shipping_address"]["state"] is None


def test_a_checkout_is_refused_an_address_that_is_not_the_users() -> None:
    other, client = user(), user()
    mine, theirs = an_address(client), an_address(other)
    for shipping, billing, wrong in ((theirs, None, theirs), (mine, theirs, theirs), ("gone", mine, "gone")):
        with pytest.raises(Refusal, match="address_invalid") as refused:
            perform(
                "users",
                "resolve_addresses",
                user_id=id_of(client),
                shipping_address_id=shipping,
                billing_address_id=billing,
            )
        assert refused.value.facts == {"reason": "not_found", "address_id": wrong}
