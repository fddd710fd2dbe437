"""The shop's own secret, changed by schedule: who has seen an old one holds nothing for long."""

from datetime import UTC, datetime, timedelta

from auth.store import keys as store
from shop import clock, keyring
from shop.telemetry import logger

REST = timedelta(days=7)  # between two turns, so that nothing running has missed one


def turn() -> None:
    """Turn the ring of keys, unless that was done lately. Two who do so at once turn it once."""
    kept = store.read()
    now = datetime.fromtimestamp(clock.epoch(clock.now()), UTC)
    # As the stack made it, it may be turned at once: the new key only waits.
    is_rested = kept.since <= now - REST or not keyring.is_turned(kept.text)
    turned = is_rested and store.replace(kept, keyring.turned(kept.text))
    logger.info("keys turned" if turned else "keys were turned lately")
