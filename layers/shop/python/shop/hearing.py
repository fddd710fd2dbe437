"""How a service hears what others tell it: a batch of bus entries, each answered once and by itself."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shop import telemetry
from shop.events import Event, envelope
from shop.inbox import AlreadyHeard

Handler = Callable[[Any], Any]


class Hearing:
    """Which events a service answers, and how.

    `together` answers those of one batch at once, of all the types it is named for, and returns the events it leaves to
    be answered one by one, as all of them are when it raises. It is for answers that tell nobody anything.
    """

    def __init__(
        self,
        service: str,
        handlers: Mapping[type[Event], Handler],
        together: Mapping[type[Event], Handler] | None = None,
    ) -> None:
        self.service = service
        self.handlers = {event.type: (event, handler) for event, handler in handlers.items()}
        self._together: dict[Handler, dict[str, type[Event]]] = {}
        for event, handler in (together or {}).items():
            self._together.setdefault(handler, {})[event.type] = event

    def __call__(self, records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Answer the messages of a queue; the answer names those that failed."""
        failed, led_by = [], []
        with telemetry.invocation(f"{self.service}.events", batch=len(records)) as told:
            answered = self._hear_together(records)
            for record in records:
                if record["messageId"] in answered:
                    led_by.append(answered[record["messageId"]])
                    continue
                telemetry.correlation_id.set("")
                try:
                    self.hear(*envelope(record["body"]))
                except Exception:  # the queue keeps it, tries again, and sets it aside after five times
                    telemetry.logger.exception("event failed", extra={"message_id": record["messageId"]})
                    failed.append({"itemIdentifier": record["messageId"]})
                led_by.append(telemetry.correlation_id.get())
            told["failed"] = len(failed) or None
            told["correlation_ids"] = list(dict.fromkeys(led_by))
        return {"batchItemFailures": failed}

    def hear(self, detail_type: str, detail: dict[str, Any]) -> None:
        """Answer one event; hearing it again changes nothing."""
        kind, handler = self.handlers[detail_type]
        event = kind.received(detail)
        assert event.meta is not None
        telemetry.correlation_id.set(event.meta.correlation_id)
        telemetry.causation_id.set(event.meta.id)
        telemetry.actor.set(event.meta.actor.model_dump())
        try:
            handler(event)
        except AlreadyHeard:
            telemetry.logger.debug("heard before", extra={"event_id": event.meta.id})

    def _hear_together(self, records: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        """Answer what is better answered together; which messages that were, and the requests they followed from."""
        answered: dict[str, str] = {}
        for handler, kinds in self._together.items():
            try:
                events = {
                    record["messageId"]: kinds[said].received(detail)
                    for record in records
                    for said, detail in [envelope(record["body"])]
                    if said in kinds
                }
                left = handler(list(events.values())) if len(events) > 1 else list(events.values())
            except Exception as error:
                telemetry.logger.info("answered one by one", extra={"reason": repr(error)})
                continue
            answered |= {m: e.meta.correlation_id for m, e in events.items() if e.meta and e not in left}
        return answered
