"""What webhooks hears of, and how it answers."""

from shop.hearing import Hearing
from webhooks.logic import hearing
from webhooks.model.public import PUBLIC

hears = Hearing("webhooks", dict.fromkeys(PUBLIC.values(), hearing.on_event))
