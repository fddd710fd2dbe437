"""Templates in the table: each with a name of its own."""

from pynamodb.expressions.operand import Path

from notifications.model.template import Template
from notifications.store import table, template_key
from shop.errors import Refusal, conflict, not_found, version_mismatch
from shop.keeping import Kept
from shop.pages import Page, Paging
from shop.table import Row, owner_of

TEMPLATES = table.kind("email_template", Template, lambda t: Row(template_key(t.id), gsi1=("TEMPLATES", t.name)))

# Templates change seldom and are read for every mail: each is kept for a minute, and so is that a language has none.
shelf: Kept[list[Template]] = Kept()


def template(template_id: str) -> Template:
    """A template, or 404."""
    found = find(template_id)
    if found is None:
        raise not_found("template")
    return found


def find(template_id: str) -> Template | None:
    """A template, if there is one."""
    return TEMPLATES.get(template_key(template_id))


def named(name: str) -> Template | None:
    """The template of this name, as it was at most a minute ago (AP64)."""
    kept = shelf.known(name)
    if kept is None:
        owner = owner_of(table, "TPL", name)
        found = TEMPLATES.get(owner) if owner else None
        kept = [found] if found else []
        if found or "." in name:
            shelf.keep(name, kept)
    return kept[0] if kept else None


def page(paging: Paging) -> Page[Template]:
    """All templates by name (AP64)."""
    return TEMPLATES.page("TEMPLATES", paging, newest_first=False)


def create(template: Template) -> Template:
    """Write a new template (409 name_taken)."""
    with table.transaction() as tx:
        tx.create(TEMPLATES, template)
        tx.claim("TPL", template.name, template_key(template.id), _taken())
    shelf.forget()
    return template


def save(before: Template, after: Template) -> Template:
    """Write a changed template, if it is still what was read."""
    with table.transaction() as tx:
        saved = tx.save(TEMPLATES, after)
        if before.name != after.name:
            tx.unclaim("TPL", before.name, template_key(before.id))
            tx.claim("TPL", after.name, template_key(after.id), _taken())
    shelf.forget()
    return saved


def remove(template: Template) -> None:
    """Remove a template, if it is still what was read."""
    with table.transaction() as tx:
        tx.delete(template_key(template.id), Path("version") == template.version, version_mismatch())
        tx.unclaim("TPL", template.name, template_key(template.id))
    shelf.forget()


def seed_template(template: Template) -> bool:
    """Put a template where there is none of its name; whether that was so."""
    try:
        create(template)
    except Refusal as refusal:
        if refusal.code != "name_taken":
            raise
        return False
    return True


def _taken() -> Refusal:
    return conflict("name_taken", "Another template has this name")
