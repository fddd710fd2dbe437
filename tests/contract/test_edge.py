"""What the template says of limits: each is a parameter the code reads; the firewall stands only on demand (B39)."""

import re
from typing import Any

from shop import settings
from tests.kit import ROOT, template
from tools.sam import LOCAL

SHOP = template("template.yaml")
SETTINGS = (ROOT / "layers/shop/python/shop/settings.py").read_text()
LIMITS = {name for name in vars(settings) if name.startswith("RATE_")}


def parameter(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def test_every_limit_is_a_parameter_with_the_codes_default() -> None:
    environment = SHOP["Globals"]["Function"]["Environment"]["Variables"]
    assert {name for name in environment if name.startswith("RATE_")} == LIMITS
    for name in LIMITS:
        assert environment[name] == {"Ref": parameter(name)}
        assert re.search(rf'"{name}", {SHOP["Parameters"][parameter(name)]["Default"]}\)', SETTINGS), name


def test_a_local_shop_may_be_asked_as_often_as_one_likes() -> None:
    assert {parameter(name) for name in LIMITS} <= set(LOCAL)
    assert all(int(LOCAL[parameter(name)]) >= 100_000 for name in LIMITS)


def test_the_firewall_stands_only_where_it_is_wanted() -> None:
    edge: dict[str, Any] = {
        name: made for name, made in SHOP["Resources"].items() if made["Type"].startswith("AWS::WAFv2::")
    }
    assert {made["Type"] for made in edge.values()} == {"AWS::WAFv2::WebACL", "AWS::WAFv2::WebACLAssociation"}
    assert {made.get("Condition") for made in edge.values()} == {"Edge"}
    assert SHOP["Parameters"]["Edge"]["Default"] == "false"
    rule, behind = edge["Firewall"]["Properties"]["Rules"]
    condition, of_pages, _ = behind["Fn::If"]
    statement = rule["Statement"]["RateBasedStatement"]
    assert (statement["AggregateKeyType"], statement["Limit"]) == ("IP", {"Ref": "EdgeRateAnonymous"})
    assert condition == "Web"
    statement = of_pages["Statement"]["RateBasedStatement"]
    assert (statement["AggregateKeyType"], statement["Limit"]) == ("FORWARDED_IP", {"Ref": "EdgeRateAnonymous"})
