# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Code that the documentation shows is that of the compiled examples.

A page names the file and the part of it (between two lines `//! [part]`) in a comment before the block:

    <!-- examples/user_likelihood.cpp: rates -->
"""

import pathlib
import re
import textwrap

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUOTE = re.compile(r"<!-- (?P<file>examples/\S+): (?P<part>\w+) -->\n```cpp\n(?P<code>.*?)```\n", re.DOTALL)


def quotes():
    for page in sorted((ROOT / "docs").rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        found = list(QUOTE.finditer(text))
        assert len(found) == text.count("<!-- examples/"), f"{page}: a comment without its block"
        yield from ((page.name, match) for match in found)


@pytest.mark.parametrize("page, match", [pytest.param(p, m, id=f"{p}: {m['file']}: {m['part']}") for p, m in quotes()])
def test_code_is_that_of_the_example(page, match):
    example = (ROOT / match["file"]).read_text(encoding="utf-8")
    mark = re.escape(f"//! [{match['part']}]")
    part = re.search(rf"^ *{mark}\n(.*?)^ *{mark}\n", example, re.DOTALL | re.MULTILINE)
    assert part, f"{match['file']} has no part {match['part']}"
    assert match["code"] == textwrap.dedent(part[1])


def test_there_is_something_to_check():
    assert sum(1 for _ in quotes()) >= 5
