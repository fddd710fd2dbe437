"""Words somebody may have meant: known ones that differ by one letter, the commonest first.

The engine's own fuzzy search takes all neighbours of a word for equally good; here it is known how common each is.
"""

from collections.abc import Callable, Iterator
from string import ascii_lowercase, digits

SHORTEST = 4  # letters of a word whose neighbours are tried: shorter ones have too many
NEIGHBOURS = 3  # that are searched for


def meant(word: str, frequency: Callable[[str], int]) -> list[str]:
    """The known neighbours of a word, the commonest first."""
    if len(word) < SHORTEST:
        return []
    found = {near: frequency(near) for near in set(_neighbours(word))}
    known = sorted((near for near in found if found[near]), key=lambda near: (-found[near], near))
    return known[:NEIGHBOURS]


def _neighbours(word: str) -> Iterator[str]:
    """One letter left out, exchanged with the next, replaced or added."""
    for at in range(len(word) + 1):
        left, right = word[:at], word[at:]
        if right:
            yield left + right[1:]
        if len(right) > 1:
            yield left + right[1] + right[0] + right[2:]
        for letter in ascii_lowercase + digits:
            yield left + letter + right
            if right:
                yield left + letter + right[1:]
