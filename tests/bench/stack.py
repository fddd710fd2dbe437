"""What the templates set up: how many of each kind, and how often jobs run."""

from functools import cache
from typing import Any

from tools.loops import TEMPLATES, expanded, template

HOURS = 730  # in a month
RATES = {"minute": 60, "minutes": 60, "hour": 1, "hours": 1, "day": 1 / 24, "days": 1 / 24}
Json = dict[str, Any]


@cache
def resources() -> list[Json]:
    """Every resource, loops written out, but for those that only come with a parameter."""
    found = [resource for path in TEMPLATES for _, resource in expanded(template(path).get("Resources", {}))]
    return [resource for resource in found if "Condition" not in resource]


def count(kind: str) -> int:
    """How many there are of a kind."""
    return sum(1 for resource in resources() if resource.get("Type") == kind)


def handlers() -> list[str]:
    """The modules of all functions."""
    functions = [of for of in resources() if of.get("Type") == "AWS::Serverless::Function"]
    return sorted({of["Properties"]["Handler"].rpartition(".")[0] for of in functions})


def jobs_a_month() -> float:
    """How often schedules set something off."""
    rates = [
        event["Properties"]["Schedule"].removeprefix("rate(").removesuffix(")").split()
        for of in resources()
        for event in of.get("Properties", {}).get("Events", {}).values()
        if event["Type"] == "Schedule"
    ]
    return sum(HOURS * RATES[unit] / int(number) for number, unit in rates)
