"""What a page is told in JSON: attributes of operations, and where files are."""

from pathlib import Path
from typing import Any

import lowlevel


def plain(value: Any) -> Any:
    """Attributes of an operation as JSON knows them."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    return str(getattr(value, "name", value))


def relative(file: str) -> str:
    """A path as people say it: from the package, from the current directory, or its name."""
    path = Path(file)
    for root in (Path(lowlevel.__file__).parent.parent, Path.cwd()):
        if path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return path.name
