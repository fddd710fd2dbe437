"""Sending a text message through SNS."""

from notifications.model.template import Letter
from notifications.senders import NotSent
from shop.aws import client

PROVIDER = "sns"


def send(number: str, letter: Letter) -> str:
    """Hand what a letter says in brief to SNS; the id it gives the message."""
    sns = client("sns")
    from botocore.exceptions import BotoCoreError, ClientError

    kind = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}
    try:
        answer = sns.publish(PhoneNumber=number, Message=letter.brief, MessageAttributes=kind)
    except ClientError as error:
        raise NotSent(f"{error.response['Error']['Code']}: {error.response['Error'].get('Message', '')}") from error
    except BotoCoreError as error:
        raise NotSent(str(error)) from error
    return str(answer["MessageId"])
