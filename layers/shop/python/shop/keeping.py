"""What a process keeps in memory for a moment: things many ask for and few change."""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from shop import settings

V = TypeVar("V")


class Kept(Generic[V]):
    """Answers by name, each read again once it is a minute old."""

    every: "list[Kept[object]]" = []

    def __init__(self, seconds: float = settings.MINUTE) -> None:
        self._seconds = seconds
        self._answers: dict[str, tuple[float, V]] = {}
        Kept.every.append(self)  # type: ignore[arg-type]

    def get(self, name: str, read: Callable[[], V]) -> V:
        """The answer under this name, read when there is none or it is too old."""
        answer = self.known(name)
        return self.keep(name, read()) if answer is None else answer

    def known(self, name: str) -> V | None:
        """The answer under this name, if there is one and it is not too old."""
        until, answer = self._answers.get(name, (0.0, None))
        return answer if time.time() <= until else None

    def keep(self, name: str, answer: V) -> V:
        """Remember an answer that was come by some other way."""
        self._answers[name] = time.time() + self._seconds, answer
        return answer

    def forget(self) -> None:
        """Keep nothing: the next to ask reads."""
        self._answers.clear()
