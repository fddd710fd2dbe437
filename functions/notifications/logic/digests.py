"""Digests: what a day or a week had to say to someone, in one message (B176)."""

from itertools import groupby

from notifications import writing
from notifications.logic.sending import deliver, failed, template_of
from notifications.logic.templates import frame
from notifications.model.notification import KeptNotification
from notifications.model.recipient import Recipient
from notifications.store import notifications as stored
from notifications.store import people
from shop import clock
from shop.errors import Refusal
from shop.telemetry import logger

BATCH = 100  # of each shard
PARTS = 40  # of one digest: they are written together


def send_digests() -> None:
    """Send everyone what was held for them and is due."""
    waiting = sorted(stored.held(BATCH), key=_whose)
    for (user_id, channel, frequency), group in groupby(waiting, key=_whose):
        parts = sorted(group, key=lambda n: (n.created_at, n.id))[:PARTS]
        try:
            _send(user_id, channel, frequency, parts)
        except Refusal as refusal:
            logger.info("left to another", extra={"user_id": user_id, "refused": refusal.code})
        except Exception:
            logger.exception("digest failed", extra={"user_id": user_id})


def _send(user_id: str, channel: str, frequency: str, parts: list[KeptNotification]) -> None:
    """Write one digest in place of its parts, then send it; should this end in between, it is found to be due."""
    recipient = people.recipient(user_id)
    if recipient is None or recipient.erased_at:
        for part in parts:
            stored.save(part.erased())
        return
    digest = KeptNotification.about(
        f"digest:{parts[0].id}", user_id=user_id, channel=channel, notification_type="digest"
    )
    told = [_told(part, recipient, digest.id) for part in parts]
    good = [part for part in told if part.status == "sent"]
    if good:
        entries = [{"subject": part.subject or "", "text": part.body or ""} for part in good]
        digest = digest.but(variables={"frequency": frequency, "entries": entries})
        stored.collect(digest, good)
    for part in told:
        if part.status != "sent":
            failed(part, "cannot be written for a digest", final=True)
    if good:
        deliver(digest)


def _told(part: KeptNotification, recipient: Recipient, digest_id: str) -> KeptNotification:
    """A part as its digest tells it, or failed."""
    template = template_of(part, recipient)
    try:
        if template is None:
            raise writing.Unwritable("no_active_template")
        letter = writing.write(template, {"first_name": recipient.first_name, **part.variables}, frame())
    except writing.Unwritable:
        return part.but(status="failed")
    return part.sent(letter).but(status="sent", sent_at=clock.now(), metadata={**part.metadata, "digest_id": digest_id})


def _whose(n: KeptNotification) -> tuple[str, str, str]:
    return n.user_id or "", n.channel, n.digest or ""
