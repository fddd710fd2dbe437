"""The doors of the gateway itself: whether the shop is up, which build of it, and what may be asked of it."""

from pathlib import Path

from shop import settings
from shop.api import PUBLIC, Api, Html
from shop.records import Part

app = Api("gateway")


class Health(Part):
    """That somebody is in."""

    status: str = "ok"


class Build(Part):
    """Which build of the shop answers."""

    build_id: str


@app.route("/health", who=PUBLIC, prefix="")
def get_health() -> Health:
    return Health()


@app.route("/version", who=PUBLIC, prefix="")
def get_version() -> Build:
    return Build(build_id=settings.BUILD_ID)


@app.route("/docs", who=PUBLIC, prefix="", cache="public, max-age=300")
def get_reference() -> Html:
    """The API reference, as a page to read."""
    return Html((Path(__file__).parent / "reference.html").read_text())
