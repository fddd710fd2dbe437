"""The doors into notifications: what people read and prefer, what it hears and writes about, and its jobs."""

from chalice.app import Request

from notifications.logic import (
    asking,
    callbacks,
    devices,
    digests,
    preferences,
    reading,
    sending,
    shopping,
    templates,
)
from notifications.model.notification import Attempt, Notification, Sent
from notifications.model.paper import ConfirmedOrder
from notifications.model.recipient import AddPushToken, PreferenceView, PushToken, SetPreference, WidePreference
from notifications.model.requests import (
    AskNotification,
    EveryonesList,
    MarkRead,
    Nothing,
    NotificationPage,
    OwnList,
    PreferenceList,
    Received,
    WriteNotification,
)
from notifications.model.template import AskPreview, ChangeTemplate, Preview, Seeded, Template, WriteTemplate
from notifications.store import notifications as stored
from notifications.store import table
from notifications.store import templates as stored_templates
from shop.api import ADMIN, CUSTOMER, PUBLIC, SUPPORT, Api, OperationId, Version
from shop.auth import Caller
from shop.pages import Page, Paging

app = Api("notifications", table)


@app.route("/notifications", who=CUSTOMER)
def list_notifications(query: OwnList, caller: Caller) -> NotificationPage:
    return reading.own(caller, query)


@app.route("/notifications/{notification_id}", methods=["PATCH"], who=CUSTOMER)
def mark_notification(notification_id: str, body: MarkRead, caller: Caller) -> Notification:
    return reading.mark(caller, notification_id)


@app.route("/notification-reads", methods=["POST"], who=CUSTOMER, status=204)
def mark_all_notifications(body: Nothing, caller: Caller) -> None:
    reading.mark_all(caller)


@app.route("/users/me/notification-preferences", who=CUSTOMER)
def list_preferences(query: PreferenceList, caller: Caller) -> Page[PreferenceView] | Page[WidePreference]:
    return preferences.wide(caller.user_id) if query.view == "wide" else preferences.rows(caller.user_id)


@app.route("/users/me/notification-preferences/{notification_type}/{channel}", methods=["PUT"], who=CUSTOMER)
def set_preference(notification_type: str, channel: str, body: SetPreference, caller: Caller) -> PreferenceView:
    return preferences.prefer(caller.user_id, notification_type, channel, body)


@app.route("/push-tokens", methods=["POST"], who=CUSTOMER, status=201, location="/push-tokens/{token}")
def add_push_token(body: AddPushToken, caller: Caller) -> PushToken:
    return devices.add(caller.user_id, body)


@app.route("/push-tokens/{token}", methods=["DELETE"], who=CUSTOMER)
def remove_push_token(token: str, caller: Caller) -> None:
    devices.remove(caller.user_id, token)


@app.route("/admin/notifications", who=SUPPORT)
def list_all_notifications(query: EveryonesList) -> Page[Notification]:
    return asking.everyones(query)


@app.route(
    "/admin/notifications",
    methods=["POST"],
    who=SUPPORT,
    status=201,
    idempotent=True,
    location="/admin/notifications/{id}/logs",
)
def write_notification(body: WriteNotification, operation_id: OperationId) -> Notification:
    return asking.write(operation_id, body)


@app.route("/admin/notifications/{notification_id}/logs", who=SUPPORT)
def list_attempts(notification_id: str, query: Paging) -> Page[Attempt]:
    return stored.log(stored.notification(notification_id).id, query)


@app.route(
    "/admin/notifications/{notification_id}/retries",
    methods=["POST"],
    who=SUPPORT,
    status=202,
    location="/admin/notifications/{id}/logs",
)
def retry_notification(notification_id: str, body: Nothing) -> Notification:
    return asking.retry(notification_id)


@app.route("/email-templates", who=ADMIN)
def list_templates(query: Paging) -> Page[Template]:
    return stored_templates.page(query)


@app.route("/email-templates", methods=["POST"], who=ADMIN, status=201, location="/email-templates/{id}")
def write_template(body: WriteTemplate, template_id: OperationId) -> Template:
    return templates.write(template_id, body)


@app.route("/email-templates/{template_id}", who=ADMIN)
def get_template(template_id: str) -> Template:
    return stored_templates.template(template_id)


@app.route("/email-templates/{template_id}", methods=["PATCH"], who=ADMIN, if_match=True)
def change_template(template_id: str, version: Version, body: ChangeTemplate) -> Template:
    return templates.change(template_id, version, body)


@app.route("/email-templates/{template_id}", methods=["DELETE"], who=ADMIN, if_match=True)
def remove_template(template_id: str, version: Version) -> None:
    templates.remove(template_id, version)


@app.route("/email-templates/{template_id}/previews", methods=["POST"], who=ADMIN)
def preview_template(template_id: str, body: AskPreview) -> Preview:
    return templates.preview(template_id, body)


# Providers send from a few addresses whatever there is to say; who is none is refused by the signature alone.
@app.route("/notification-webhooks/{provider}", methods=["POST"], who=PUBLIC, counted=False)
def receive_callback(provider: str, request: Request) -> Received:
    callbacks.receive(provider, request.raw_body, request.headers)
    return Received()


@app.step
def send_order_confirmation(order: ConfirmedOrder) -> Sent:
    return shopping.send_order_confirmation(order)


@app.step
def send_notification(asked: AskNotification) -> Sent:
    return asking.send(asked)


@app.step
def seed_templates() -> Seeded:
    return templates.seed()


@app.job
def send_due() -> None:
    sending.send_due()


@app.job
def send_digests() -> None:
    digests.send_digests()


steps = app.steps
events = app.events
jobs = app.jobs
