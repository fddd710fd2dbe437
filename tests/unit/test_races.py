"""Losing a race: look again, and decide by what the others left (B19, B36)."""

import pytest

from shop import races
from shop.errors import Refusal
from shop.races import LostRace, until_won


class Rivals:
    """Lets so many attempts lose."""

    def __init__(self, wins: int) -> None:
        self.wins, self.attempts = wins, 0

    def attempt(self) -> int:
        self.attempts += 1
        if self.attempts <= self.wins:
            raise LostRace
        return self.attempts


@pytest.mark.parametrize("wins", [0, 1, 3])
def test_whoever_loses_tries_again(wins: int) -> None:
    assert until_won(Rivals(wins).attempt) == wins + 1


def test_in_the_end_the_caller_may_try_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shop.races.time.sleep", lambda seconds: None)
    rivals = Rivals(races.TRIES)
    with pytest.raises(LostRace) as lost:
        until_won(rivals.attempt)
    assert (lost.value.status, rivals.attempts) == (503, races.TRIES)


def test_any_other_refusal_is_final() -> None:
    attempts = []

    def refuse() -> None:
        attempts.append(1)
        raise Refusal(412, "version_mismatch")

    with pytest.raises(Refusal):
        until_won(refuse)
    assert len(attempts) == 1
