"""The tour of docs/tour.md, run as it is written."""

import json
import re
import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.kit import ROOT
from tools.importing.bring import Brought
from tools.local import Stack

pytestmark = pytest.mark.cloud

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_tour_ends_with_an_order_cancelled_and_its_money_back(
    stack: Stack, brought: Brought, tmp_path: Path
) -> None:
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local/stack.json").write_text(json.dumps(asdict(stack)))
    script = "\n".join(["set -euo pipefail", *BLOCK.findall((ROOT / "docs/tour.md").read_text())])
    toured = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=180)
    assert toured.returncode == 0, toured.stdout + toured.stderr
    assert "validation_failed" in toured.stdout.splitlines()
    assert "cancelled" in toured.stdout.splitlines()
    assert json.loads(toured.stdout.splitlines()[-1])["amount"] > 0
