"""Print the README's two commands, one a line: what stands in its first two blocks marked ```sh."""

from __future__ import annotations

import re
from pathlib import Path


def readme_commands(text: str) -> list[str]:
    """Return the commands of the README's first two sh blocks, each joined to one line."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [block.replace("\\\n", " ").strip() for block in blocks[:2]]


if __name__ == "__main__":
    print("\n".join(readme_commands((Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8"))))
