"""What a merchant keeps with a thing besides, and moments: what no table or calendar holds is refused at once."""

import json
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from shop.freeform import FreeForm, fitting
from shop.records import Body, Moment


class Kept(Body):
    besides: FreeForm = {}
    since: Moment = "2026-01-31T09:00:00.000Z"


def test_numbers_are_kept_exactly_and_shown_as_they_came() -> None:
    told = {"ratio": 0.1, "count": 3, "parts": [{"size": -2.5e-7, "new": True, "note": None}]}
    kept = Kept.model_validate_json(json.dumps({"besides": told}))
    assert kept.besides["ratio"] == Decimal("0.1")
    assert json.loads(kept.model_dump_json())["besides"] == told


def nested(levels: int) -> dict[str, Any]:
    return {"in": nested(levels - 1)} if levels else {}


@pytest.mark.parametrize(
    ("besides", "code"),
    [
        ({"n": 10**38}, "number_out_of_range"),
        ({"n": 1e300}, "number_out_of_range"),
        ({"n": float("inf")}, "number_out_of_range"),
        ({"": 1}, "not_json"),
        (nested(11), "too_deep"),
        ({"text": "x" * 16_384}, "too_long"),
    ],
)
def test_what_no_table_holds_is_refused(besides: dict[str, Any], code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Kept(besides=besides)
    assert [fault["type"] for fault in refused.value.errors()] == [code]
    assert fitting(besides) is None


@pytest.mark.parametrize("moment", ["2026-02-30T09:00:00.000Z", "2026-01-31T25:00:00.000Z", "0000-01-01T00:00:00.000Z"])
def test_a_moment_is_in_the_calendar(moment: str) -> None:
    with pytest.raises(ValidationError):
        Kept(since=moment)
