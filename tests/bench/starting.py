"""How long functions take to start: the import of each in a fresh process, over making a boto3 client."""

from collections.abc import Iterator

from tests.bench.rows import Row, Tell
from tests.bench.stack import handlers
from tools.demo.measure import import_times

RUNS = 9
AUTHORIZER, CHECKOUT, SEARCH, OTHERS = 1.0, 1.15, 1.6, 1.3
ON_THE_WAY = {"carts", "users", "catalog", "discounts", "shipping", "orders", "inventory", "payments", "notifications"}


def rows(tell: Tell) -> Iterator[Row]:
    """Every function's module."""
    modules = handlers()
    tell(f"starting {len(modules)} functions {RUNS} times each")
    for module, ratio in sorted(import_times(modules, RUNS).items(), key=lambda told: -told[1]):
        yield Row(f"import of {module}", ratio, "ratio", budget(module))


def budget(module: str) -> float:
    """What its start may take."""
    service, _, door = module.partition(".")
    if module == "gateway.authorizer":
        return AUTHORIZER
    if service == "search":
        return SEARCH
    return CHECKOUT if service in ON_THE_WAY and door == "app" else OTHERS
