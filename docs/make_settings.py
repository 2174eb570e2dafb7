"""Make docs/settings.md of the table in leadportal/reference.py: ``.venv/bin/python -m docs.make_settings``."""

from __future__ import annotations

from pathlib import Path

from leadportal.reference import SETTINGS

PAGE = Path(__file__).parent / "settings.md"
HEAD = """# Settings

All settings come from the environment. What is not there is looked for in `secrets.env` in the data folder, which `up` makes on
its first run. Any NAME may instead be given as NAME_FILE, the path of a file that holds the value. A wrong value stops start-up
with one sentence that says what is wrong, and never shows the value.

| name | default | what it is |
|---|---|---|
"""  # noqa: E501


def rendered() -> str:
    return HEAD + "".join(f"| `{setting.name}` | {setting.default} | {setting.what} |\n" for setting in SETTINGS)


if __name__ == "__main__":
    PAGE.write_text(rendered())
