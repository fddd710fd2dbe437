"""What something cost: the functions that ran, and the calls that each of them made."""

from dataclasses import dataclass, field


@dataclass
class Call:
    """One call of an AWS API, and DynamoDB's units for it."""

    service: str
    operation: str
    about: str = ""
    read: float = 0.0
    wrote: float = 0.0

    @property
    def is_bank(self) -> bool:
        """Whether the mock payment provider made it."""
        return self.about.startswith("MOCKBANK")


@dataclass
class Invocation:
    """One run of a function."""

    door: str
    calls: list[Call] = field(default_factory=list)

    @property
    def is_request(self) -> bool:
        """Whether it came over the API."""
        return self.door.split(" ")[0] in ("GET", "POST", "PUT", "PATCH", "DELETE")

    @property
    def phase(self) -> str:
        """Which part of an order it belongs to: a request, the machine, or what follows by event."""
        if self.is_request or self.door in ("authorizer", "auth.check_session"):
            return "request"
        return "events" if self.door.endswith((".events", ".stream", ".project")) else "machine"


@dataclass
class Bill:
    """Everything that ran while it was open."""

    invocations: list[Invocation] = field(default_factory=list)
    entries: int = 0  # put on the bus
    messages: int = 0  # put into queues
    batches: int = 0  # taken from queues
    transitions: int = 0  # of the checkout's machine

    def functions(self, *phases: str) -> int:
        """How many functions ran, in these phases or in all."""
        return sum(1 for run in self.invocations if not phases or run.phase in phases)

    def calls(self, *phases: str, service: str = "dynamodb") -> list[Call]:
        """The calls of one service; those of the mock bank, which keeps its books in our table, are not ours."""
        runs = [run for run in self.invocations if not phases or run.phase in phases]
        return [call for run in runs for call in run.calls if call.service == service and not call.is_bank]
