"""What a write that came second is told."""

from shop.errors import Refusal


class Changed(Refusal):
    """Someone else changed it since it was read: read it again."""

    def __init__(self) -> None:
        super().__init__(409, "conflict", "It has just changed")
