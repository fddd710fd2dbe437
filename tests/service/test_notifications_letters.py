"""Every letter the shop sends, written and looked at (B177); with a browser at hand, as images in .reports/letters."""

import json
import shutil
import subprocess
from html.parser import HTMLParser
from typing import Any

import pytest

from notifications import writing
from notifications.model.template import Letter, Template
from tests.kit import ROOT

SAMPLES = json.loads((ROOT / "tests/service/letters.json").read_text())
TEMPLATES = {template.name: template for template in writing.shipped() if template.name != writing.FRAME}
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
VOID = {"meta", "br", "img", "link", "hr"}


class Reading(HTMLParser):
    """What a letter shows, and whether its tags close in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.shown: list[str] = []
        self.feed(html)
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes another"

    def handle_data(self, data: str) -> None:
        self.shown.append(data)


def letters(name: str) -> list[Letter]:
    told = SAMPLES["letters"][name]
    return [writing.write(TEMPLATES[name], {**SAMPLES["always"], **one}, writing.shipped_frame()) for one in told]


def test_there_is_a_sample_of_each() -> None:
    assert set(SAMPLES["letters"]) == set(TEMPLATES)


@pytest.mark.parametrize("name", sorted(set(TEMPLATES) - {"phone_verification"}))
def test_a_letter_greets_says_its_thing_twice_and_why_it_came(name: str) -> None:
    """As HTML in the frame and as text: the same amounts and links in both."""
    for letter in letters(name):
        shown = " ".join(Reading(letter.html).shown)
        assert letter.subject
        assert "{{" not in letter.html + letter.text
        assert "None" not in shown + letter.text
        assert shown.count("Tradewind") >= 2
        assert letter.text.strip()
        assert "http://" not in letter.html
        assert "<script" not in letter.html
        for word in letter.text.split():
            if word.startswith("https://"):
                assert word in letter.html, word


def test_a_text_message_is_one_short_line() -> None:
    (letter,) = letters("phone_verification")
    assert "417 203" in letter.text
    assert len(letter.text) <= 160
    assert not letter.html


def test_what_people_write_is_not_markup() -> None:
    mean = {**SAMPLES["always"], **SAMPLES["letters"]["question_answered"][0], "question": "<b onclick=x>?</b>"}
    letter = writing.write(TEMPLATES["question_answered"], mean, writing.shipped_frame())
    assert "<b onclick" not in letter.html
    assert "&lt;b onclick=x&gt;" in letter.html


def test_a_language_of_its_own_sits_in_the_same_frame() -> None:
    german = Template(
        name="order_delivered.de",
        subject="Angekommen",
        body_html='{% extends "frame" %}{% block language %}de{% endblock %}{% block content %}<p>Da</p>{% endblock %}',
        body_text="Da.",
    )
    letter = writing.write(german, {}, writing.shipped_frame())
    assert '<html lang="de">' in letter.html
    assert "<p>Da</p>" in letter.html


@pytest.mark.skipif(not BROWSER, reason="no browser to draw with")
def test_all_of_them_can_be_looked_at() -> None:
    gallery = ROOT / ".reports/letters"
    gallery.mkdir(parents=True, exist_ok=True)
    page = "<hr>".join(letter.html for name in sorted(TEMPLATES) for letter in letters(name)[:2])
    (gallery / "letters.html").write_text(page)
    image = gallery / "letters.png"
    image.unlink(missing_ok=True)
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=700,13000", f"--screenshot={image}"]
    subprocess.run([str(BROWSER), *options, gallery / "letters.html"], check=True, capture_output=True, timeout=120)
    assert image.stat().st_size > 50_000
