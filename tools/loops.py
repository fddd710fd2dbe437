"""The templates with their loops (`Fn::ForEach`) written out, for tests and for tools that cannot read loops.

`python -m tools.loops <directory>` writes them there as JSON: `checkov --config-file .checkov.yaml -d <directory>`.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tools.rooms import ROOT

TEMPLATES = [ROOT / "template.yaml", *sorted(path for path in ROOT.glob("infra/*.yaml") if path.name != "api.yaml")]


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation: ``!Sub x`` is {"Fn::Sub": x}."""


def _tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    match node:
        case yaml.ScalarNode():
            value: Any = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case _:
            value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _tag)


def template(path: Path) -> dict[str, Any]:
    """A template, its short tags written out."""
    loaded: dict[str, Any] = yaml.load(path.read_text(), _Loader)
    return loaded


def expanded(section: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Everything a section of a template declares, by name."""
    for name, declared in section.items():
        if not name.startswith("Fn::ForEach"):
            yield name, declared
            continue
        variable, values, body = declared
        for value in values:
            yield from expanded(_filled(body, f"${{{variable}}}", value))


def _filled(said: Any, variable: str, value: str) -> Any:
    match said:
        case str():
            return said.replace(variable, value)
        case list():
            return [_filled(each, variable, value) for each in said]
        case {"Fn::Sub": str(text), **rest} if not rest and not text.replace(variable, value).count("${"):
            return text.replace(variable, value)  # a name, which may stand where no function may
        case dict():
            return {_filled(key, variable, value): _filled(each, variable, value) for key, each in said.items()}
    return said


def main() -> int:
    """Write them all."""
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for path in TEMPLATES:
        written = template(path)
        for section in ("Resources", "Outputs"):
            written[section] = dict(expanded(written.get(section, {})))
        (directory / f"{path.stem}.json").write_text(json.dumps(written, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
