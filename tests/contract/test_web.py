"""The pages on AWS and on this machine: the same headers, the same way from an address to its page."""

import json
import shutil
import subprocess
from typing import Any

import pytest

from tests.kit import ROOT, template

PAGES = template("infra/web.yaml")["Resources"]
HEADERS: dict[str, str] = json.loads((ROOT / "web/headers.json").read_text())
NODE = pytest.mark.skipif(shutil.which("node") is None, reason="runs with Node")


def sent() -> dict[str, str]:
    """The headers that the distribution adds to pages."""
    config = PAGES["PageHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
    security = config["SecurityHeadersConfig"]
    transport = security["StrictTransportSecurity"]
    assert all(each["Override"] for each in (*security.values(), *config["CustomHeadersConfig"]["Items"]))
    assert transport["IncludeSubdomains"]
    return {
        "Content-Security-Policy": security["ContentSecurityPolicy"]["ContentSecurityPolicy"],
        "Strict-Transport-Security": f"max-age={transport['AccessControlMaxAgeSec']}; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": security["FrameOptions"]["FrameOption"],
        "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        **{each["Header"]: each["Value"] for each in config["CustomHeadersConfig"]["Items"]},
    }


def test_pages_are_served_with_the_same_headers_everywhere() -> None:
    assert sent() == HEADERS


def test_the_policy_lets_nothing_in_from_elsewhere() -> None:
    policy = dict(each.split(" ", 1) for each in HEADERS["Content-Security-Policy"].split("; "))
    assert {"'self'", "'none'", "data:"} >= {source for sources in policy.values() for source in sources.split()}
    assert [name for name, sources in policy.items() if "data:" in sources] == ["img-src"]


def test_only_the_distribution_reads_the_bucket_and_only_pages_are_kept_at_the_edge() -> None:
    shut = PAGES["Pages"]["Properties"]["PublicAccessBlockConfiguration"]
    assert set(shut.values()) == {True}
    allowed, denied = PAGES["PagesForDistribution"]["Properties"]["PolicyDocument"]["Statement"]
    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert "${Distribution}" in allowed["Condition"]["StringEquals"]["AWS:SourceArn"]["Fn::Sub"]
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    config = PAGES["Distribution"]["Properties"]["DistributionConfig"]
    api, files = config["CacheBehaviors"]
    assert api["PathPattern"] == "/api/*"
    assert files["PathPattern"] == {"Fn::Sub": "/files/${TransfersBucket}/*"}, "no other bucket is reached by it"
    for behaviour in (api, files):
        assert {"DELETE", "PATCH", "POST", "PUT"} <= set(behaviour["AllowedMethods"])
        assert behaviour["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "answers belong to who asked"
    kept = {each["ErrorCode"]: each["ErrorCachingMinTTL"] for each in config["CustomErrorResponses"]}
    assert kept == dict.fromkeys((400, 403, 404, 405, 414, 416, *range(500, 505)), 0), "so do its refusals"


def asked(function: str, uri: str) -> Any:
    """What a function of the distribution makes of a request."""
    event = {"request": {"uri": uri, "headers": {}}, "viewer": {"ip": "2001:db8::7"}}
    code = PAGES[function]["Properties"]["FunctionCode"]
    script = f"{code}\nconsole.log(JSON.stringify(handler({json.dumps(event)})))"
    return json.loads(subprocess.run(["node", "-e", script], capture_output=True, check=True).stdout)


@NODE
@pytest.mark.parametrize(
    ("uri", "page"),
    [
        ("/", "/index.html"),
        ("/products/kettle", "/index.html"),
        ("/controls", "/index.html"),
        ("/control", "/control/index.html"),
        ("/control/", "/control/index.html"),
        ("/control/orders/7", "/control/index.html"),
        ("/assets/main-x1.js", "/assets/main-x1.js"),
        ("/favicon.svg", "/favicon.svg"),
    ],
)
def test_every_address_has_its_page(uri: str, page: str) -> None:
    assert asked("ToPage", uri)["uri"] == page


@NODE
def test_the_api_is_asked_by_its_own_paths_and_told_who_asks() -> None:
    request = asked("ToApi", "/api/v1/products")
    assert request["uri"] == "/v1/products"
    assert request["headers"] == {"x-viewer-address": {"value": "2001:db8::7"}}
    assert asked("ToApi", "/api/api/x")["uri"] == "/api/x"


@NODE
def test_files_are_asked_for_by_the_paths_they_are_signed_for() -> None:
    assert asked("ToFiles", "/files/a-bucket/imports/7")["uri"] == "/a-bucket/imports/7"
