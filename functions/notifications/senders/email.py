"""Sending an email through SES."""

from os import environ

from notifications.model.template import Letter
from notifications.senders import NotSent
from shop.aws import client

PROVIDER = "ses"


def send(address: str, letter: Letter) -> str:
    """Hand a letter to SES; the id it gives the message."""
    ses = client("ses")
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = ses.send_email(
            Source=environ["MAIL_FROM"],
            Destination={"ToAddresses": [address]},
            Message={
                "Subject": {"Data": letter.subject, "Charset": "UTF-8"},
                "Body": {
                    "Text": {"Data": letter.text, "Charset": "UTF-8"},
                    "Html": {"Data": letter.html, "Charset": "UTF-8"},
                },
            },
        )
    except ClientError as error:
        raise NotSent(f"{error.response['Error']['Code']}: {error.response['Error'].get('Message', '')}") from error
    except BotoCoreError as error:
        raise NotSent(str(error)) from error
    return str(answer["MessageId"])
