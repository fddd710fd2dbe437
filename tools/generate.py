"""Write every generated file, or (--check) say which of them are stale."""

import json
import sys

from tools import api, coverage, reference, schemas
from tools.rooms import ROOT


def generated() -> dict[str, str]:
    """Every generated file and what it should hold."""
    openapi = api.reference()
    return {
        "infra/api.yaml": api.gateway(),
        "docs/openapi.json": openapi,
        "functions/gateway/reference.html": reference.page(json.loads(openapi)),
        "docs/coverage.md": coverage.page(),
        "events/README.md": schemas.catalogue(),
        **schemas.schemas(),
    }


def main() -> int:
    """Exit status 1 when --check finds a stale file."""
    files = generated()
    kept = {str(path.relative_to(ROOT)) for path in (ROOT / "events/schemas").glob("*.json")}
    if "--check" in sys.argv:
        stale = [name for name, text in files.items() if not _is(name, text)] + sorted(kept - set(files))
        for name in stale:
            print(f"{name} is stale: run `make generate`", file=sys.stderr)
        return bool(stale)
    for name, text in files.items():
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_text(text)
    for name in kept - set(files):
        (ROOT / name).unlink()
    return 0


def _is(name: str, text: str) -> bool:
    return (ROOT / name).exists() and (ROOT / name).read_text() == text


if __name__ == "__main__":
    sys.exit(main())
