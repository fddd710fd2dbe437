"""What those who carry messages tell of them later."""

from typing import Literal

from pydantic import Field

from shop.records import Json, Part

# A complaint: it arrived, and its reader does not want the like.
Word = Literal["delivered", "bounced", "complained", "failed"]


class News(Part):
    """What became of one message."""

    message_id: str = Field(min_length=1, max_length=255)
    status: Word
    hard: bool = False  # of a bounce: there is no use in trying again
    address: str | None = None  # where it went
    detail: Json = {}


class SharedNews(Part):
    """R271, from whoever shares a secret with us."""

    message_id: str = Field(min_length=1, max_length=255)
    status: Word
    hard: bool = False
    error: str | None = Field(default=None, max_length=1000)


class _Mail(Part):
    messageId: str = Field(min_length=1, max_length=255)


class _Address(Part):
    emailAddress: str


class _Bounce(Part):
    bounceType: str = ""
    bounceSubType: str = ""
    bouncedRecipients: list[_Address] = []


class _Complaint(Part):
    complainedRecipients: list[_Address] = []


class SesNews(Part):
    """What SES writes to its topic, as a notification or as an event."""

    notificationType: str | None = None
    eventType: str | None = None
    mail: _Mail
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None

    def news(self) -> News | None:
        """What it comes to; None for what is no news to us, such as that a mail was opened."""
        words: dict[str, Word] = {"Delivery": "delivered", "Bounce": "bounced", "Complaint": "complained"}
        word = words.get(self.notificationType or self.eventType or "")
        if word is None:
            return None
        kind = self.bounce.bounceType if self.bounce else ""
        detail = {"type": kind, "sub_type": self.bounce.bounceSubType} if self.bounce else {}
        named = self.bounce.bouncedRecipients if self.bounce else []
        named = named or (self.complaint.complainedRecipients if self.complaint else [])
        return News(
            message_id=self.mail.messageId,
            status=word,
            hard=kind == "Permanent",
            address=named[0].emailAddress if named else None,
            detail=detail,
        )
