"""The templates of messages: written, changed and looked at before anybody gets them."""

from notifications import writing
from notifications.model.template import AskPreview, ChangeTemplate, Preview, Seeded, Template, WriteTemplate
from notifications.store import templates as stored
from shop.errors import FieldError, Refusal, invalid

MISSING = "missing_variable"


def seed() -> Seeded:
    """Put the templates that come with the shop where there is none of their name."""
    return Seeded(created=[template.name for template in writing.shipped() if stored.seed_template(template)])


def write(template_id: str, body: WriteTemplate) -> Template:
    """R266. A new template; 409 name_taken."""
    return stored.create(_readable(Template(id=template_id, **body.model_dump())))


def change(template_id: str, version: int, body: ChangeTemplate) -> Template:
    """R268. Change what is named of a template."""
    before = stored.template(template_id).at(version)
    return stored.save(before, _readable(before.but(**body.model_dump(exclude_unset=True))))


def remove(template_id: str, version: int) -> None:
    """R269. Remove a template. One that comes with the shop is put back by the next deployment."""
    stored.remove(stored.template(template_id).at(version))


def preview(template_id: str, body: AskPreview) -> Preview:
    """R270. The template as it would be sent; 422 missing_variable."""
    template = stored.template(template_id)
    missing = writing.missing(template, body.variables)
    if missing:
        errors = [FieldError(pointer=f"/variables/{n}", code=MISSING, detail=f"{n} is missing") for n in missing]
        raise Refusal(422, MISSING, f"Missing: {', '.join(missing)}", errors=errors)
    try:
        letter = writing.write(template, body.variables, frame())
    except writing.Unwritable as error:
        code, _, detail = str(error).partition(": ")
        raise invalid(code, detail, "/variables") from error
    return Preview(template_id=template.id, subject=letter.subject, body_html=letter.html, body_text=letter.text)


def frame() -> str:
    """The HTML around every letter: the template of that name, else the one that comes with the shop."""
    found = stored.named(writing.FRAME)
    return found.body_html if found and found.is_active else writing.shipped_frame()


def _readable(template: Template) -> Template:
    faults = writing.faults(template)
    if faults:
        errors = [FieldError(pointer=f"/{part}", code="template_syntax", detail=why) for part, why in faults.items()]
        raise Refusal(422, "validation_failed", "This is not a template", errors=errors)
    return template
