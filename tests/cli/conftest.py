# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""A small search in files, and ways to run the program on it."""

import json

import pytest
import small_search


class Files:
    """Writes documents into a folder of the test; the attributes are what most tests need."""

    def __init__(self, folder):
        self.folder = folder
        self.background = self.write("BkgOnly.json", small_search.background_only())
        self.patch = self.write("patch.json", small_search.signal_patch([4.0, 2.8]))
        self.patchset = self.write("patchset.json", small_search.patchset(small_search.background_only(), 5))
        self.signal = self.write("signal.json", small_search.signal_file())

    def write(self, name, document):
        path = self.folder / name
        path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
        return path


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path)


@pytest.fixture
def answer(relume):
    """Runs the program and returns its JSON; fails with its complaint."""

    def run(*arguments, code=0, **options):
        result = relume(*arguments, **options)
        assert result.returncode == code, result.stderr
        return json.loads(result.stdout)

    return run
