"""Words somebody wrote, as operators may read them: whose mail address or number stands there is not told."""

import re
from typing import Any

_ADDRESS = re.compile(r"([\w.+-])[\w.+-]*@([\w-])[\w-]*(\.[\w.-]*\w)?")
_NUMBER = re.compile(r"\+\d[\d ()-]{6,}\d")


def masked(text: Any) -> str:
    """Words somebody wrote, without mail addresses and telephone numbers."""
    return _NUMBER.sub("+***", _ADDRESS.sub(r"\1***@\2***\3", str(text)))
