"""What the templates promise about losing nothing: backups, recovery, and where the data lies."""

from typing import Any

from tests.kit import tables, template

SHOP = template("template.yaml")
DATA = template("infra/data.yaml")
BACKUP = template("infra/backup.yaml")["Resources"]
FLOWS = template("infra/flows.yaml")["Resources"]


def rule(plan: str) -> dict[str, Any]:
    (found,) = BACKUP[plan]["Properties"]["BackupPlan"]["BackupPlanRule"]
    return dict(found)


def selected(loop: str) -> set[str]:
    """The services whose tables a loop of selections names."""
    _, services, body = BACKUP[f"Fn::ForEach::{loop}"]
    (selection,) = body.values()
    (table,) = selection["Properties"]["BackupSelection"]["Resources"]
    assert table["Fn::Sub"].endswith(":table/${Stage}-${Service}")
    return set(services)


def test_every_table_is_backed_up_at_two_and_kept_for_thirty_days() -> None:
    """B25."""
    assert selected("Tables") == set(tables())
    daily = rule("Daily")
    assert (daily["ScheduleExpression"], daily["ScheduleExpressionTimezone"]) == ("cron(0 2 * * ? *)", "Etc/UTC")
    assert daily["Lifecycle"] == {"DeleteAfterDays": {"Ref": "Retention"}}
    assert SHOP["Parameters"]["BackupDays"]["Default"] == 30
    assert SHOP["Resources"]["Backup"]["Properties"]["Parameters"]["Retention"] == {"Ref": "BackupDays"}


def test_carts_and_accounts_are_backed_up_every_six_hours() -> None:
    """B27."""
    assert selected("Fast") == {"auth", "carts"}
    assert rule("Often")["ScheduleExpression"] == "cron(0 0/6 * * ? *)"


def test_every_table_can_be_restored_to_any_second_of_thirty_days() -> None:
    """B26."""
    for service, shape in tables().items():
        recovery = shape["PointInTimeRecoverySpecification"]
        assert recovery == {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": {"Ref": "RecoveryDays"}}, (
            service
        )
    assert SHOP["Parameters"]["RecoveryDays"]["Default"] == 30


def test_tables_may_be_replicated_to_other_regions_as_they_are() -> None:
    """B28: what DynamoDB asks of a table before it takes a replica, and a second vault elsewhere."""
    for shape in tables().values():
        assert shape["BillingMode"] == "PAY_PER_REQUEST"
        assert shape["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
        assert shape["SSESpecification"] == {"SSEEnabled": True}  # with AWS's own key, which every region has
    (copied,) = rule("Daily")["CopyActions"]["Fn::If"][1]
    assert copied["DestinationBackupVaultArn"] == {"Ref": "CopyTo"}


def test_changes_flow_for_a_day_and_the_sweep_brings_what_is_older() -> None:
    """B29."""
    _, _, body = FLOWS["Fn::ForEach::Outboxes"]
    (mapping,) = body.values()
    assert mapping["Properties"]["MaximumRecordAgeInSeconds"] == 24 * 3600
    assert (
        SHOP["Resources"]["RelaySweep"]["Properties"]["Events"]["Sweep"]["Properties"]["Schedule"] == "rate(2 minutes)"
    )


def test_what_is_remembered_stays_when_everything_else_goes() -> None:
    loop = DATA["Resources"]["Fn::ForEach::Tables"][2]
    kept = {**DATA["Resources"], **loop, "Data": SHOP["Resources"]["Data"], **BACKUP}
    for name in ("${Service}Table", "TokenKey", "DataKey", "CursorSecret", "PaymentSecrets", "Data", "Vault", "Key"):
        assert kept[name]["DeletionPolicy"] == kept[name]["UpdateReplacePolicy"] == "Retain", name
    assert loop["${Service}Table"]["Properties"]["DeletionProtectionEnabled"] is True
