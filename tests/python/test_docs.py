# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The examples of the docs run, in the order of their page, in the folder of the bundled examples; commands print what the page says."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGES = ["README.md", "docs/concepts/errors_on_errors.md", "docs/concepts/goodness_of_fit.md", "docs/concepts/marginal.md", "docs/concepts/predictions.md",
         "docs/guide/checks.md", "docs/guide/python.md"]
CONSOLES = ["README.md", "docs/concepts/predictions.md", "docs/guide/checks.md", "docs/tutorial/first_limit.md"]


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


@pytest.mark.parametrize("page", CONSOLES)
def test_consoles_show_what_is_printed(page, examples, relume_path, tmp_path):
    """`$ command` is followed by all that it prints; … stands for the rest."""
    folder = tmp_path / "examples"
    shutil.copytree(examples, folder)
    blocks = re.findall(r"^```(console|json)\n(.*?)^```", (CHECKOUT / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert any(kind == "console" for kind, _ in blocks)
    environment = {**os.environ, "PATH": os.pathsep.join([str(relume_path.parent), os.environ["PATH"]])}
    for kind, block in blocks:
        if kind == "json":
            (folder / "mine.json").write_text(block, encoding="utf-8")
            continue
        for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            result = subprocess.run(["sh", "-c", command], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
            printed = [line.rstrip() for line in result.stdout.rstrip().splitlines()]
            lines = shown.rstrip().splitlines()
            if lines and lines[-1] == "…":
                del lines[-1], printed[len(lines):]
            assert printed == lines, command
