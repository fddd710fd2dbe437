"""The products of a batch on their way in: looked up and written many at a time, and one by one where that fails.

A batch of 200 new products takes some 25 calls of DynamoDB. What is there already is read whole, a Query for each, and
written together, too, where it changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from catalog.logic.upserting import Errand, Plan, bring, plan
from catalog.model.rows import Fault
from catalog.model.transfers import Note, Tally
from catalog.model.wanted import Draft, WantedProduct
from catalog.store import products as store
from catalog.store import writing
from shop import telemetry
from shop.errors import Refusal, Transient
from shop.races import LostRace


@dataclass
class Outcome:
    """What came of the rows and products of a batch, and why rows were left out."""

    rows: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Tally.model_fields, 0))
    products: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Tally.model_fields, 0))
    faults: list[Fault] = field(default_factory=list)

    def fail(self, rows: list[int], faults: list[Fault]) -> None:
        """A product that is left out, with all its rows."""
        self.faults += faults
        self.rows["failed"] += len(rows)
        self.products["failed"] += 1

    def bring(self, draft: Draft, note: Note | None) -> None:
        """A product that went in; rows of it may have been left out."""
        failed = draft.failed & set(draft.rows)
        self.faults += draft.faults
        self.rows["failed"] += len(failed)
        what = "unchanged" if note is None else "created" if note.is_new else "updated"
        self.products[what] += 1
        for row in draft.rows:
            if row not in failed:
                changed = note is not None and (note.is_new or row in note.rows)
                self.rows[what if changed else "unchanged"] += 1


class Convoy:
    """Brings products together. What was read for all of them may be outdated: a write that is refused tells so."""

    def __init__(self, errand: Errand, notes: Mapping[int, Note], outcome: Outcome) -> None:
        self._errand, self._notes, self._outcome = errand, notes, outcome
        self._ids: dict[store.Name, str] = {}
        self._met: set[str] = set()  # what changes of is not written yet
        self._waiting: list[Plan] = []
        self._together = writing.Together()

    def bring(self, drafts: Sequence[Draft]) -> None:
        """Bring all of these."""
        wanted = [(draft, draft.wanted()) for draft in drafts]
        self._ids = store.ids_of([draft.names for draft, body in wanted if body is not None])
        for draft, body in wanted:
            if body is None:
                self._outcome.fail(draft.rows, draft.faults)
            else:
                self._bring(draft, body)
        self._arrive()

    def _bring(self, draft: Draft, wanted: WantedProduct) -> None:
        """Bring one product, now or with the next ones."""
        made = self._plan(draft, wanted)
        if made is None:
            self._arrive()
            self._alone(draft, wanted)
        elif made.change is None:
            self._outcome.bring(draft, made.note)
        else:
            self._add(made, made.change)

    def _arrive(self) -> None:
        """Write what waits: all at once or, when something of it is refused, each by itself."""
        waiting, together = self._waiting, self._together
        self._waiting, self._together = [], writing.Together()
        self._met.clear()
        try:
            together.save()
        except Refusal as refusal:
            if isinstance(refusal, Transient) and not isinstance(refusal, LostRace):
                raise
            for made in waiting:
                self._alone(made.draft, made.wanted)
        else:
            for made in waiting:
                self._outcome.bring(made.draft, made.note)

    def _add(self, made: Plan, change: writing.Change) -> None:
        if not self._together.take(change):
            self._arrive()
            self._together.take(change)
        self._waiting.append(made)
        self._met.add(change.after.product.product_id)

    def _plan(self, draft: Draft, wanted: WantedProduct) -> Plan | None:
        product_id = next((self._ids[name] for name in draft.names if name in self._ids), None)
        if product_id in self._met:
            return None
        try:
            listing = store.find(product_id) if product_id else None
            return plan(draft, wanted, self._errand, self._notes.get(draft.rows[0]), listing)
        except Transient:
            raise
        except Exception:  # what it is shows when the product is brought by itself
            return None

    def _alone(self, draft: Draft, wanted: WantedProduct | None) -> None:
        """Bring one product; a part that the shop refuses is left out, and the rest is tried again."""
        while wanted is not None:
            try:
                note = bring(draft, wanted, self._errand, self._notes.get(draft.rows[0]))
            except Transient:
                raise
            except Refusal as refusal:
                wanted = _without(draft, draft.refused(refusal))
            except Exception:  # one product must not keep the others out
                telemetry.logger.exception("product not imported", extra={"rows": draft.rows})
                draft.faults.append(Fault(draft.rows[0], "", "internal_error", "The product could not be imported"))
                wanted = None
            else:
                self._outcome.bring(draft, note)
                return
        self._outcome.fail(draft.rows, draft.faults)


def _without(draft: Draft, fault: Fault) -> WantedProduct | None:
    """The product without the row of a part that was refused; None when it was refused as a whole."""
    is_new = fault.row not in draft.failed
    draft.faults.append(fault)
    parts = {row for row, _ in (*draft.variants, *draft.images)}
    return draft.wanted() if is_new and fault.row in parts and fault.row != draft.rows[0] else None
