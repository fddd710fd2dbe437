"""What a merchant keeps with a thing besides: any JSON object, within bounds, its numbers such as a table can hold."""

import json
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, PlainSerializer
from pydantic_core import PydanticCustomError

_JSON_MAX, _DEEPEST, _DIGITS, _EXPONENT = 16_384, 10, 38, 120  # DynamoDB's own limits leave some room


def _exact(value: Any, depth: int = 0) -> Any:
    """JSON as it is stored: numbers with a fraction become decimals, and all of them fit the table."""
    if depth > _DEEPEST:
        raise PydanticCustomError("too_deep", "At most {depth} levels", {"depth": _DEEPEST})
    match value:
        case None | bool() | str():
            return value
        case int() | float() | Decimal():
            number = Decimal(str(value))
            if not number.is_finite() or len(number.as_tuple().digits) > _DIGITS or abs(number.adjusted()) > _EXPONENT:
                raise PydanticCustomError("number_out_of_range", "A number is too large, or has too many digits")
            return value if isinstance(value, int) else number
        case list():
            return [_exact(inner, depth + 1) for inner in value]
        case dict() if all(isinstance(name, str) and name for name in value):
            return {name: _exact(inner, depth + 1) for name, inner in value.items()}
    raise PydanticCustomError("not_json", "Names are not empty")


def _bounded(value: dict[str, Any]) -> dict[str, Any]:
    exact: dict[str, Any] = _exact(value)
    if len(json.dumps(exact, default=str, ensure_ascii=False).encode()) > _JSON_MAX:
        raise PydanticCustomError("too_long", "At most {size} bytes of JSON", {"size": _JSON_MAX})
    return exact


def _plain(value: Any) -> Any:
    """Decimals as JSON numbers."""
    match value:
        case Decimal():
            return float(value)
        case dict():
            return {name: _plain(inner) for name, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
    return value


def fitting(value: dict[str, Any]) -> dict[str, Any] | None:
    """What somebody else has answered, as it can be kept; nothing of it when it is too large."""
    try:
        return _bounded(value)
    except PydanticCustomError:
        return None


FreeForm = Annotated[
    dict[str, Any], AfterValidator(_bounded), PlainSerializer(_plain, return_type=dict[str, Any], when_used="json")
]
