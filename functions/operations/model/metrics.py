"""The figures operators may draw, and the lines that are drawn of them."""

from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, Field, field_validator

from shop import clock
from shop.pages import Query
from shop.records import Moment, Part
from shop.settings import DAY
from shop.telemetry import NAMESPACE

# Seconds between two points, and for how long CloudWatch keeps points as close as that.
KEPT = {60: 15 * DAY, 300: 63 * DAY, 900: 63 * DAY, 3600: 455 * DAY, DAY: 455 * DAY}
POINTS = 1500  # of one line at most
ENOUGH = 300  # when nobody says how close they are to be

Unit = Literal["count", "minor_units", "milliseconds"]
Statistic = Literal["sum", "p50", "p95"]


class Measure(NamedTuple):
    """A figure as CloudWatch knows it: one line for each value of its dimension, and for each statistic."""

    metric: str
    unit: Unit = "count"
    statistics: tuple[Statistic, ...] = ("sum",)
    dimension: str | None = None
    namespace: str = NAMESPACE


COUNTED = ("CheckoutsStarted", "CompensationsFailed", "OrdersConfirmed", "PaymentsDeclined", "StockOuts")
UPKEEP = ("NotificationsFailed", "NotificationsBounced", "EventsSwept")
MEASURES = {
    **{name: Measure(name) for name in (*COUNTED, *UPKEEP)},
    "CheckoutsFailed": Measure("CheckoutsFailed", dimension="code"),
    "Revenue": Measure("Revenue", "minor_units", dimension="currency"),
    "Refunded": Measure("Refunded", "minor_units", dimension="currency"),
    "RelayLag": Measure("RelayLag", "milliseconds", ("p50", "p95")),
    # Step Functions counts it by itself, for every run of the machine.
    "CheckoutDuration": Measure("ExecutionTime", "milliseconds", ("p50", "p95"), namespace="AWS/States"),
}


def _real(moment: str) -> str:
    clock.epoch(moment)  # the 31st of February is no day
    return moment


At = Annotated[Moment, AfterValidator(_real)]


class WhichMetrics(Query):
    """Which figures, separated by commas; of the last day unless it says otherwise."""

    names: str = Field(max_length=400)
    since: At | None = Field(default=None, alias="from")
    until: At | None = Field(default=None, alias="to")
    period: int | None = Field(default=None, description="seconds: " + ", ".join(map(str, KEPT)))

    @field_validator("names")
    @classmethod
    def _known(cls, names: str) -> str:
        unknown = {name.strip() for name in names.split(",")} - MEASURES.keys()
        if unknown:
            raise ValueError(f"no such figure: {', '.join(sorted(unknown))[:100]}; there are {', '.join(MEASURES)}")
        return names

    @field_validator("period")
    @classmethod
    def _a_step(cls, period: int | None) -> int | None:
        if period is not None and period not in KEPT:
            raise ValueError(f"one of {', '.join(map(str, KEPT))}")
        return period

    @property
    def wanted(self) -> list[str]:
        """The figures asked for, each once."""
        return list(dict.fromkeys(name.strip() for name in self.names.split(",")))


class Point(Part):
    """So much, in the period that begins at `at`. Periods in which nothing was counted have no point."""

    at: str
    value: float


class Series(Part):
    """One line of a graph."""

    name: str
    dimensions: dict[str, str]
    unit: Unit
    statistic: Statistic
    points: list[Point]


class Metrics(Part):
    """The lines asked for; `period` is the seconds between two points."""

    period: int
    series: list[Series]
