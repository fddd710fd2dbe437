"""Names as they stand in addresses."""

import secrets
from collections.abc import Iterator

_LONGEST = 190  # leaves room for a number


def slugs(given: str | None, name: str, otherwise: str) -> Iterator[str]:
    """The slugs to try: only the given one, else that of the name, then with a number behind it."""
    if given is not None:
        yield given
        return
    from slugify import slugify

    base = (slugify(name) or slugify(otherwise) or otherwise.lower().replace("_", "-"))[:_LONGEST].strip("-") or "item"
    yield base
    for number in range(2, 8):
        yield f"{base}-{number}"
    for _ in range(5):
        yield f"{base}-{secrets.randbelow(900_000) + 100_000}"
