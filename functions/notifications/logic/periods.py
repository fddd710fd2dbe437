"""When a digest goes out: in the morning, every day or every Monday."""

from datetime import UTC, datetime, timedelta

from shop import clock

HOUR = 8  # UTC


def next_issue(frequency: str) -> str:
    """The moment the next daily or weekly digest is due."""
    now = datetime.fromtimestamp(clock.epoch(clock.now()), UTC)
    issue = now.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    if issue <= now:
        issue += timedelta(days=1)
    if frequency == "weekly":
        issue += timedelta(days=-issue.weekday() % 7)
    return clock.stamp(issue.timestamp())
