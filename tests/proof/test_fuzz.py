"""Fuzz: what the API's description allows and what it does not, at every route, as anybody: no fault, no surprise.

schemathesis makes the requests from docs/openapi.json. Every answer is one that is described, in the form that is
described, and every refusal says so in problem+json with a code.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import hypothesis.strategies as st
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.kit import ROOT
from tests.proof.bridge import Bridge
from tests.proof.callers import DOORS
from tests.proof.house import House
from tests.proof.machine import running

FULL = os.environ.get("PROOF") == "full"
BRIDGE = Bridge()
SCHEMA = schemathesis.openapi.from_dict(json.loads((ROOT / "docs/openapi.json").read_text()))
SCHEMA.app = BRIDGE
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)}
SHORT = sorted(OPERATIONS)[5::23]
CALLERS = ("anonymous", "customer", "customer", "seller", "admin", "admin")  # an anonymous one is soon done with


@pytest.fixture
def house(opened_house: House) -> Iterator[House]:
    with running(), patch("payments.providers._secrets", return_value={}):  # nothing goes out to real providers
        yield opened_house
    opened_house.restore()


def named(house: House, path: str, names: dict[str, Any]) -> dict[str, Any]:
    """The path's names, in place of which stand those of things that are there."""
    found = dict(names)
    for name in names:
        until = path[: path.index("{" + name + "}") + len(name) + 2]
        found[name] = house.things.get(until, names[name])
    return found


def test_every_route_is_described() -> None:
    assert set(OPERATIONS) == set(DOORS)


@pytest.mark.parametrize("name", OPERATIONS if FULL else SHORT)
def test_every_answer_is_one_that_is_described(
    name: str, house: House, record_property: Callable[[str, object], None]
) -> None:
    """Proof 5 of reliability: B13."""
    operation, answers = OPERATIONS[name], Counter[int]()
    makers = [operation.as_strategy(generation_mode=GenerationMode.POSITIVE)]
    if operation.body or operation.query:
        makers.append(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))

    @seed(1)
    @settings(
        max_examples=24 if FULL else 4,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    # `turn` lets even a route without parameters be asked as often: what it says may depend on what it has done.
    @given(case=st.one_of(makers), who=st.sampled_from(CALLERS), real=st.booleans(), turn=st.integers(0, 10**6))
    def ask(case: Any, who: str, real: bool, turn: int) -> None:
        if real and case.path_parameters:
            case.path_parameters = named(house, operation.path, case.path_parameters)
        BRIDGE.caller = None if who == "anonymous" else house.people[who].client().caller
        response = case.call(base_url="http://localhost")
        answers[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)
        if response.status_code >= 400:
            assert response.headers["content-type"] == ["application/problem+json"], response.headers
            assert response.json()["code"], response.json()

    try:
        ask()
    except (Failure, FailureGroup) as failure:
        found = [str(part) for part in getattr(failure, "exceptions", [failure])]
        pytest.fail("\n".join([name, *found]), pytrace=False)
    assert answers.total() >= (20 if FULL else 3), answers
    record_property("counted", {"routes": 1, "examples": answers.total(), **{str(s): n for s, n in answers.items()}})
