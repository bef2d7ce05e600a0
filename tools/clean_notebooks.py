#!/usr/bin/env python3
# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Takes out of notebooks what running them has put in: outputs, counters, metadata. What is left makes readable diffs.

    tools/clean_notebooks.py [NOTEBOOK ...]      default: all of docs/notebooks
    tools/clean_notebooks.py --check             the same, writes nothing; fails when there is something to take out
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Any kernel with the package will do.
METADATA = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}, "language_info": {"name": "python"}}


def cleaned(text: str) -> str:
    notebook = json.loads(text)
    notebook["metadata"] = METADATA
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    # As Jupyter lays them out.
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="*", type=pathlib.Path, metavar="NOTEBOOK")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a notebook would change")
    arguments = parser.parse_args()
    dirty = []
    for path in arguments.notebooks or sorted((ROOT / "docs" / "notebooks").glob("*.ipynb")):
        text = path.read_text(encoding="utf-8")
        if (clean := cleaned(text)) != text:
            dirty.append(path)
            if not arguments.check:
                path.write_text(clean, encoding="utf-8")
    for path in dirty:
        print(f"{path}: {'has outputs or metadata' if arguments.check else 'cleaned'}")
    return 1 if dirty and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
