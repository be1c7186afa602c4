"""Writes the table of paths in api.md from api/openapi.json; with --check only compares."""

import json
import sys
from pathlib import Path

DOCS = Path(__file__).parent
BEGIN, END = "<!-- paths: written by docs/api-paths.py -->\n", "<!-- end of paths -->"


def rows() -> str:
    paths = json.loads((DOCS.parent / "api/openapi.json").read_text())["paths"]
    told = [
        f"| `{method.upper()} {path}` | {about['summary'].replace('|', '/')} |"
        for path, methods in paths.items()
        for method, about in methods.items()
        if "summary" in about
    ]
    return "\n".join(["", "| request | what it does |", "| --- | --- |", *told, "", ""])


page = DOCS / "api.md"
text = page.read_text()
before, rest = text.split(BEGIN)
written = before + BEGIN + rows() + END + rest.split(END)[1]
if sys.argv[1:] == ["--check"]:
    sys.exit(0 if text == written else "docs/api.md is not what api/openapi.json says: python3 docs/api-paths.py")
page.write_text(written)
