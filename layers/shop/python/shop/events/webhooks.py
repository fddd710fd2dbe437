"""What webhooks tells: endpoints that are told no more."""

from shop.events import Event


class WebhookEndpointDisabled(Event):
    """E100. Nothing went through for three days (`failing`), or the other side wants no more (`gone`)."""

    type, about, key = "webhook_endpoint.disabled", "webhook_endpoint", "endpoint_id"
    endpoint_id: str
    host: str
    description: str
    reason: str


class WebhookEndpointTested(Event):
    """Sent to one endpoint alone when staff ask for it; it is never on the bus."""

    type, about, key = "webhook_endpoint.tested", "webhook_endpoint", "endpoint_id"
    endpoint_id: str
