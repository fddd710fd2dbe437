"""What a kind of message says, what it needs to know for that, and what is made of both."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shop.freeform import FreeForm
from shop.ids import new_id
from shop.records import Body, Json, Line, Part, Record, Text

# A type of notification, and a language it is written in: order_shipped, order_shipped.de, order_shipped.pt-br.
TemplateName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,80}(\.[a-z]{2,3}(-[a-z0-9]{2,8})?)?$")]
VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,49}$")]
Subject = Annotated[Line, StringConstraints(min_length=1, max_length=200)]


class Template(Record):
    """NOTIF-02. What a kind of email says; ``<name>.<language>`` goes before ``<name>``."""

    id: str = Field(default_factory=new_id)
    name: str
    subject: str
    body_html: str
    body_text: str
    variables: dict[str, Json] = {}
    is_active: bool = True


class Letter(Part):
    """An email ready to be sent. What has room for a line only, a text message or a push, says its subject."""

    template_id: str
    subject: str
    html: str
    text: str

    @property
    def brief(self) -> str:
        """What is said where there is little room."""
        return self.subject or self.text


class Seeded(Part):
    """The names of the templates that were put into the table."""

    created: list[str]


class Variable(Body):
    """What a template says of something it needs."""

    required: bool = True
    type: Literal["any", "string", "number", "boolean", "money", "list", "object"] = "any"


class WriteTemplate(Body):
    """R266."""

    name: TemplateName
    subject: Subject
    body_html: Text
    body_text: Text
    variables: dict[VariableName, Variable] = Field(default={}, max_length=50)
    is_active: bool = True


class ChangeTemplate(Body):
    """R268. What is left out stays as it is."""

    name: TemplateName = ""
    subject: Subject = ""
    body_html: Text = ""
    body_text: Text = ""
    variables: dict[VariableName, Variable] = Field(default={}, max_length=50)
    is_active: bool = True


class AskPreview(Body):
    """R270. What to write the template with."""

    variables: FreeForm = {}


class Preview(Part):
    """R270. A template as it would be sent."""

    template_id: str
    subject: str
    body_html: str
    body_text: str
