"""The doors of the gateway itself: whether the shop is up, and which build of it."""

from shop import settings
from shop.api import PUBLIC, Api
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
