"""A table is brought back beside the live one and compared, and what is not as it was there is told (B26)."""

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from pynamodb.expressions.operand import Path

from shop import settings
from shop.table import Key
from tests import kit
from tools.drill import Drill, fingerprint
from tools.emulator import CloudError
from users.store import table as users

pytestmark = pytest.mark.usefixtures("shop")


def drill(**more: Any) -> Drill:
    database = boto3.client("dynamodb", kit.REGION)
    database.update_continuous_backups(
        TableName=settings.table_name("users"), PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    return Drill(database, settings.STAGE, "users", **more)


def after_restoring(ours: Drill, does: Any) -> None:
    """Let something happen to the copy, or to the table, once the copy is there."""
    restore = ours._restore

    def restore_and(copy: str, moment: datetime) -> None:
        restore(copy, moment)
        does(copy)

    ours._restore = restore_and  # type: ignore[method-assign]


def put(number: int, text: str) -> None:
    with users.transaction() as tx:
        tx.upsert(Key(f"THING#{number}", "META"), Path("text").set(text), Path("tags").set({"b", "a"}))


def tables() -> list[str]:
    names: list[str] = boto3.client("dynamodb", kit.REGION).list_tables()["TableNames"]
    return [name for name in names if "users-" in name]


def test_a_copy_that_is_what_was_there_has_no_fault_and_is_taken_away_again() -> None:
    for number in range(3):
        put(number, "as it was")
    ours = drill()

    def go_on(copy: str) -> None:
        put(1, "changed since")
        put(9, "come since")

    after_restoring(ours, go_on)
    found = ours.run()
    assert found.faults == []
    told = {what: count for what, count in found.counts.items() if count}
    assert told == {"in the copy": 3, "in the table": 4, "changed while we looked": 2}
    assert tables() == []


def test_what_is_lost_altered_or_strange_in_the_copy_is_told() -> None:
    for number in range(4):
        put(number, "as it was")
    ours = drill()

    def spoil(copy: str) -> None:
        def key(number: int) -> dict[str, Any]:
            return {"PK": {"S": f"THING#{number}"}, "SK": {"S": "META"}}

        ours.database.delete_item(TableName=copy, Key=key(0))
        ours.database.put_item(TableName=copy, Item={**key(1), "text": {"S": "another"}})
        ours.database.put_item(TableName=copy, Item={**key(7), "kind": {"S": "address"}, "id": {"N": "7"}})

    after_restoring(ours, spoil)
    faults = ours.run().faults
    assert [fault.partition(": ")[0] for fault in sorted(faults)] == [
        "THING#0 / META is missing in the copy",
        "THING#1 / META is different in the copy",
        "THING#7 / META cannot be read",
        "THING#7 / META is in the copy only",
    ]


def test_an_earlier_moment_tells_what_became_of_things_since() -> None:
    for number in range(3):
        put(number, "as it was")
    ours = drill(at=datetime(2026, 1, 31, 14, 4, tzinfo=UTC), keep=True)

    def accident(copy: str) -> None:
        put(1, "changed")
        users.delete_all([Key("THING#2", "META")])

    after_restoring(ours, accident)
    found = ours.run()
    assert found.since == ["gone: THING#2 / META", "changed: THING#1 / META"]
    assert found.faults == []
    (kept,) = tables()  # to take things from
    assert kept == found.copy
    boto3.client("dynamodb", kit.REGION).delete_table(TableName=kept)


def test_what_an_earlier_drill_left_is_removed_and_nothing_else() -> None:
    database = boto3.client("dynamodb", kit.REGION)
    shape = {name: part for name, part in kit.tables()["users"].items() if name in kit._CREATE}
    for name in ("drill-20260101000000", "restored-20260101000000"):
        database.create_table(**{**shape, "TableName": f"{settings.table_name('users')}-{name}"})
    drill().run()
    (kept,) = tables()
    assert kept.endswith("-restored-20260101000000")
    database.delete_table(TableName=kept)


def test_a_table_without_recovery_is_no_drill() -> None:
    ours = drill()
    ours.database.update_continuous_backups(
        TableName=ours.table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    with pytest.raises(CloudError, match="no point-in-time recovery"):
        ours.run()


def test_a_set_is_the_same_in_any_order() -> None:
    assert fingerprint({"tags": {"SS": ["a", "b"]}}) == fingerprint({"tags": {"SS": ["b", "a"]}})
    assert fingerprint({"tags": {"L": [{"S": "a"}, {"S": "b"}]}}) != fingerprint(
        {"tags": {"L": [{"S": "b"}, {"S": "a"}]}}
    )
