"""Writing a letter: a template and what it speaks of, in a sandbox, all of it or nothing."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from notifications.model.template import Letter, Template
from shop.money import Money, to_decimal

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from jinja2 import Environment
    from jinja2 import Template as Compiled

SUBJECT = 200
FRAME = "frame"  # the template whose HTML is around that of all others


class Unwritable(Exception):
    """The template and its variables make no letter; the message says why."""


def write(template: Template, variables: dict[str, Any], frame: str) -> Letter:
    """The letter a template makes of these variables, in a frame. Everything is rendered before anything is sent."""
    absent = missing(template, variables)
    if absent:
        raise Unwritable(f"missing_variable: {', '.join(absent)}")
    from jinja2 import UndefinedError

    try:
        subject = _compiled(template.subject).render(variables)
        return Letter(
            template_id=template.id,
            subject=" ".join(subject.split())[:SUBJECT],
            html=_compiled(template.body_html, frame, escape=True).render(variables),
            text=_compiled(template.body_text).render(variables),
        )
    except UndefinedError as error:
        raise Unwritable(f"missing_variable: {error}") from error
    except Exception as error:  # whatever is wrong with one template must not hold up the others
        raise Unwritable(f"template_error: {type(error).__name__}: {error}"[:500]) from error


def missing(template: Template, variables: dict[str, Any]) -> list[str]:
    """What a template requires and is not told."""
    return sorted(n for n, rule in template.variables.items() if rule.get("required") and n not in variables)


def faults(template: Template) -> dict[str, str]:
    """Which of a template's parts cannot be read, and why."""
    from jinja2 import TemplateSyntaxError
    from jinja2.meta import find_referenced_templates

    found = {}
    for part in ("subject", "body_html", "body_text"):
        try:
            read = _environment().parse(getattr(template, part))
            others = set(find_referenced_templates(read)) - {FRAME}
            if others:
                found[part] = f"There is nothing to extend or include but {FRAME}"
        except TemplateSyntaxError as error:
            found[part] = f"line {error.lineno}: {error.message}"
    return found


def money(amount: dict[str, Any]) -> str:
    """An amount with the digits of its currency: ``USD 1,234.50``, ``JPY 1,235``."""
    value = Money.model_validate(amount)
    return f"{value.currency} {to_decimal(value):,f}"


def shipped_frame() -> str:
    """The frame that comes with the shop."""
    return (_folder() / FRAME / "body.html").read_text("utf-8")


def shipped() -> list[Template]:
    """The templates that come with the shop."""
    return [_from_folder(folder) for folder in sorted(_folder().iterdir(), key=lambda f: f.name) if folder.is_dir()]


def _folder() -> "Traversable":
    from importlib.resources import files

    return files("notifications") / "templates"


def _from_folder(folder: "Traversable") -> Template:
    from jinja2.meta import find_undeclared_variables

    # A text message has neither a subject nor HTML.
    files = [folder / name for name in ("subject.txt", "body.html", "body.txt")]
    texts = [file.read_text("utf-8").strip() if file.is_file() else "" for file in files]
    names = {name for text in texts for name in find_undeclared_variables(_environment().parse(text))}
    subject, html, text = texts
    return Template(
        name=folder.name,
        subject=subject,
        body_html=html,
        body_text=text,
        variables={name: {"required": True, "type": "any"} for name in sorted(names)},
    )


@lru_cache(maxsize=8)
def _environment(frame: str = "", *, escape: bool = False) -> "Environment":
    from jinja2 import DictLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    made = ImmutableSandboxedEnvironment(
        loader=DictLoader({FRAME: frame}),
        autoescape=escape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["money"] = money
    return made


@lru_cache(maxsize=64)
def _compiled(source: str, frame: str = "", *, escape: bool = False) -> "Compiled":
    return _environment(frame, escape=escape).from_string(source)
