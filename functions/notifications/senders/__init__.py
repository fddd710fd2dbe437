"""Those who carry a message: one for each channel, all asked in the same way."""

from typing import Protocol

from notifications.model.template import Letter


class NotSent(Exception):
    """The message was not taken; the message of this says why."""


class Gone(NotSent):
    """Nobody is at this address any more."""


class Sender(Protocol):
    """Carries messages on one channel. `PROVIDER` is its name in the log."""

    PROVIDER: str

    def send(self, address: str, letter: Letter) -> str:
        """Hand a letter over; the id it is known by there. NotSent when it was not taken."""


def of(channel: str) -> Sender:
    """Who carries messages on this channel."""
    from notifications.senders import email, in_app, push, sms

    senders: dict[str, Sender] = {"email": email, "sms": sms, "push": push, "in_app": in_app}
    return senders[channel]
