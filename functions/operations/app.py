"""The doors into operations: figures, live events, and dead letters."""

from operations.logic import events, letters, metrics
from operations.model.events import LiveEvents, WhichEvents
from operations.model.letters import Letters, Queues, Redriven
from operations.model.metrics import Metrics, WhichMetrics
from shop.api import ADMIN, SUPPORT, Api

app = Api("operations")


@app.route("/operations/metrics", who=SUPPORT)
def get_metrics(query: WhichMetrics) -> Metrics:
    return metrics.read(query)


@app.route("/operations/events", who=SUPPORT)
def list_events(query: WhichEvents) -> LiveEvents:
    return events.read(query)


@app.route("/operations/dead-letters", who=SUPPORT)
def list_dead_letter_queues() -> Queues:
    return letters.queues()


@app.route("/operations/dead-letters/{queue}", who=SUPPORT)
def list_dead_letters(queue: str) -> Letters:
    return letters.read(queue)


# No key is needed to be safe: what has been moved is not there a second time.
@app.route("/operations/dead-letters/{queue}/redrive", methods=["POST"], who=ADMIN, status=202)
def redrive_dead_letters(queue: str) -> Redriven:
    return letters.redrive(queue)
