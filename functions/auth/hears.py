"""What auth hears of, and how it answers."""

from auth.logic import oversight, verification
from shop.events.auth import UserDeleted
from shop.events.notifications import NotificationBounced
from shop.hearing import Hearing

hears = Hearing(
    "auth",
    {
        UserDeleted: oversight.on_user_deleted,
        NotificationBounced: verification.on_notification_bounced,
    },
)
