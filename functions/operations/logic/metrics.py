"""Figures: what the shop has counted, read from CloudWatch in one call for all that is asked."""

import os
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from operations.model.metrics import ENOUGH, KEPT, MEASURES, POINTS, Measure, Metrics, Point, Series, WhichMetrics
from shop import clock, settings
from shop.aws import client
from shop.errors import Refusal
from shop.telemetry import NAMESPACE


class Line(NamedTuple):
    """One metric of CloudWatch, with one statistic of it."""

    name: str
    dimensions: dict[str, str]
    statistic: str

    @property
    def measure(self) -> Measure:
        """What is measured."""
        return MEASURES[self.name]


class Span(NamedTuple):
    """From when to when, and how close the points are."""

    start: float
    end: float
    period: int


def read(asked: WhichMetrics) -> Metrics:
    """The lines of the figures asked for."""
    span = _span(asked)
    lines = list(_lines(asked.wanted))
    points = _points(lines, span)
    series = [
        Series(**line._asdict(), unit=line.measure.unit, points=found)
        for line, found in zip(lines, points, strict=True)
    ]
    return Metrics(period=span.period, series=series)


def _span(asked: WhichMetrics) -> Span:
    now = time.time()
    end = clock.epoch(asked.until) if asked.until else now
    start = clock.epoch(asked.since) if asked.since else end - settings.DAY
    if not 0 < end - start <= max(KEPT.values()):
        raise Refusal(400, "invalid_parameter", "from is before to, by no more than 455 days")
    kept = [period for period, seconds in KEPT.items() if now - start <= seconds] or [settings.DAY]
    enough = next((period for period in kept if (end - start) / period <= ENOUGH), kept[-1])
    period = asked.period or enough
    if (end - start) / period > POINTS:
        raise Refusal(400, "invalid_parameter", f"That would be more than {POINTS} points: choose a longer period")
    return Span(start - start % period, end, period)


def _lines(names: list[str]) -> Iterator[Line]:
    """A figure with a dimension has a line for each value of it that CloudWatch has lately seen."""
    seen = _seen() if any(MEASURES[name].dimension for name in names) else {}
    for name in names:
        dimension = MEASURES[name].dimension
        for value in sorted(seen.get(name, ())) if dimension else [""]:
            for statistic in MEASURES[name].statistics:
                yield Line(name, {dimension: value} if dimension else {}, statistic)


def _seen() -> dict[str, set[str]]:
    """The values of the dimensions of our own figures, by figure."""
    stage = [{"Name": "stage", "Value": settings.STAGE}]
    pages = client("cloudwatch").get_paginator("list_metrics").paginate(Namespace=NAMESPACE, Dimensions=stage)
    seen: defaultdict[str, set[str]] = defaultdict(set)
    for metric in (metric for page in pages for metric in page["Metrics"]):
        measure = MEASURES.get(metric["MetricName"])
        if measure and measure.dimension:
            seen[measure.metric] |= {d["Value"] for d in metric["Dimensions"] if d["Name"] == measure.dimension}
    return seen


def _points(lines: list[Line], span: Span) -> list[list[Point]]:
    """The points of each line, in the order of time."""
    if not lines:
        return []
    pages = (
        client("cloudwatch")
        .get_paginator("get_metric_data")
        .paginate(
            MetricDataQueries=[_query(f"line{n}", line, span.period) for n, line in enumerate(lines)],
            StartTime=datetime.fromtimestamp(span.start, UTC),
            EndTime=datetime.fromtimestamp(span.end, UTC),
            ScanBy="TimestampAscending",
        )
    )
    found: defaultdict[str, list[Point]] = defaultdict(list)
    for result in (result for page in pages for result in page["MetricDataResults"]):
        found[result["Id"]] += [
            Point(at=clock.stamp(at.timestamp()), value=value)
            for at, value in zip(result["Timestamps"], result["Values"], strict=True)
        ]
    return [found[f"line{n}"] for n in range(len(lines))]


def _query(name: str, line: Line, period: int) -> dict[str, Any]:
    measure, own = line.measure, {"stage": settings.STAGE, **line.dimensions}
    known_by = own if measure.namespace == NAMESPACE else {"StateMachineArn": os.environ["CHECKOUT_MACHINE"]}
    metric = {
        "Namespace": measure.namespace,
        "MetricName": measure.metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in known_by.items()],
    }
    statistic = line.statistic.capitalize() if line.statistic == "sum" else line.statistic
    return {"Id": name, "MetricStat": {"Metric": metric, "Period": period, "Stat": statistic}}
