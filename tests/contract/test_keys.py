"""What the template says of access tokens: which keys sign them, who may use those, how long an answer is kept."""

import re
from typing import Any

import yaml

from tests.kit import ROOT, template

SHOP = template("template.yaml")
ROLES = template("infra/roles.yaml")
OWN = {"Fn::GetAtt": "Data.Outputs.TokenKeyArn"}


def statements(found: Any) -> list[dict[str, Any]]:
    """Every statement of a policy in a template."""
    if isinstance(found, dict):
        mine = [found] if "Effect" in found and "kms:" in str(found.get("Action")) else []
        return mine + [each for part in found.values() for each in statements(part)]
    return [each for part in found for each in statements(part)] if isinstance(found, list) else []


def test_the_keys_are_the_stacks_own_until_others_are_named() -> None:
    """B38: the first of TOKEN_KEYS signs, all of them are accepted."""
    chosen = {"Fn::If": ["OwnTokenKey", OWN, {"Ref": "TokenKeys"}]}
    assert SHOP["Conditions"]["OwnTokenKey"] == {"Fn::Equals": [{"Ref": "TokenKeys"}, ""]}
    assert SHOP["Globals"]["Function"]["Environment"]["Variables"]["TOKEN_KEYS"] == chosen
    assert SHOP["Resources"]["Roles"]["Properties"]["Parameters"]["TokenKeyArns"] == chosen
    allowed = re.compile(SHOP["Parameters"]["TokenKeys"]["AllowedPattern"])
    one = "arn:aws:kms:us-east-1:123456789012:key/1"
    assert all(allowed.fullmatch(keys) for keys in ("", one, f"{one},{one}"))
    assert not any(allowed.fullmatch(keys) for keys in ("alias/tokens", f"{one},", f"{one}, {one}"))


def test_whoever_verifies_or_signs_may_use_every_key_that_is_named() -> None:
    assert ROLES["Parameters"]["TokenKeyArns"]["Type"] == "CommaDelimitedList"
    of_tokens = [each for each in statements(ROLES) if each["Action"] in ("kms:GetPublicKey", "kms:Sign")]
    assert sorted(each["Action"] for each in of_tokens) == [*["kms:GetPublicKey"] * 3, "kms:Sign"]
    assert all(each["Resource"] == {"Ref": "TokenKeyArns"} for each in of_tokens)


def test_how_long_the_gateway_remembers_an_answer_is_a_parameter_and_may_be_nothing() -> None:
    """B51."""
    cache = SHOP["Parameters"]["AuthorizerCache"]
    assert (cache["Default"], cache["MinValue"]) == (30, 0)
    api = yaml.safe_load((ROOT / "infra/api.yaml").read_text())
    (scheme,) = api["components"]["securitySchemes"].values()
    authorizer = scheme["x-amazon-apigateway-authorizer"]
    assert authorizer["authorizerResultTtlInSeconds"] == {"Ref": "AuthorizerCache"}
    assert authorizer["type"] == "token"
