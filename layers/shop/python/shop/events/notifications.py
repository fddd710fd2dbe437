"""What notifications tells: messages sent, arrived, failed and bounced."""

from shop.events import Event


class NotificationSent(Event):
    """E94."""

    type, about = "notification.sent", "notification"
    notification_id: str
    user_id: str | None = None
    channel: str
    notification_type: str


class NotificationDelivered(NotificationSent):
    """E95."""

    type = "notification.delivered"


class NotificationFailed(NotificationSent):
    """E96."""

    type = "notification.failed"
    error: str


class NotificationBounced(Event):
    """E97."""

    type, about = "notification.bounced", "notification"
    notification_id: str
    user_id: str | None = None
    email: str
    hard: bool


class PreferenceUpdated(Event):
    """E98."""

    type, about = "preference.updated", "user"
    user_id: str
    notification_type: str
    channel: str
    enabled: bool
    frequency: str
