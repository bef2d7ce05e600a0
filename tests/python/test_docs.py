# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The Python examples of the docs run, in the order of their page, in the folder of the bundled examples."""

import pathlib
import re
import subprocess
import sys

import pytest

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGES = ["docs/guide/python.md"]


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("examples")
    subprocess.run([sys.executable, CHECKOUT / "examples" / "make_examples.py", "--output", folder], check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("page", PAGES)
def test_examples_run(page, examples, monkeypatch):
    blocks = re.findall(r"^```python\n(.*?)^```", (CHECKOUT / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert blocks
    monkeypatch.chdir(examples)
    names: dict = {}
    for block in blocks:
        exec(compile(block, page, "exec"), names)  # noqa: S102
