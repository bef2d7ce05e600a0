# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Models for the tests of the Python package. They run against the installed package (scripts/test-python)."""

import os
import pathlib
import subprocess
import sys

import pytest
import relume

MU = {"name": "mu", "type": "normfactor", "data": None}


def search_document() -> dict:
    """Two channels, all scalar and per-bin modifier types, a signal."""
    return {
        "channels": [
            {"name": "SR", "samples": [
                {"name": "signal", "data": [4.0, 2.5], "modifiers": [MU, {"name": "JES", "type": "normsys", "data": {"lo": 0.95, "hi": 1.06}}]},
                {"name": "top", "data": [12.0, 6.0], "modifiers": [
                    {"name": "JES", "type": "histosys", "data": {"lo_data": [11.0, 5.2], "hi_data": [13.3, 6.5]}},
                    {"name": "k_top", "type": "normfactor", "data": None},
                    {"name": "staterror_SR", "type": "staterror", "data": [1.1, 0.9]}]},
                {"name": "fakes", "data": [3.0, 2.0], "modifiers": [{"name": "fakes", "type": "shapesys", "data": [0.9, 0.8]}]}]},
            {"name": "CR", "samples": [
                {"name": "top", "data": [150.0], "modifiers": [
                    {"name": "JES", "type": "normsys", "data": {"lo": 0.93, "hi": 1.08}}, {"name": "k_top", "type": "normfactor", "data": None}]}]}],
        "observations": [{"name": "SR", "data": [17, 9]}, {"name": "CR", "data": [158]}],
        "measurements": [{"name": "search", "config": {"poi": "mu", "parameters": []}}],
        "version": "1.0.0"}


@pytest.fixture
def document() -> dict:
    return search_document()


@pytest.fixture
def workspace(document) -> relume.Workspace:
    return relume.Workspace(document)


@pytest.fixture
def background(workspace) -> relume.Workspace:
    return workspace.prune(samples=["signal"])


@pytest.fixture
def model(workspace) -> relume.Model:
    return workspace.model()


@pytest.fixture(scope="session")
def published(shared):
    """published(folder, file): a document among the published likelihoods."""

    def find(folder, file):
        path = shared / "data" / "histfactory-json" / folder / file
        assert path.is_file()
        return path

    return find


@pytest.fixture(scope="session")
def relume_path():
    """The `relume` command that the wheel brought."""
    program = pathlib.Path(sys.executable).parent / "relume"
    return program if program.exists() else pathlib.Path(os.environ["RELUME_CLI"])


@pytest.fixture(scope="session")
def relume_program(relume_path):
    """Runs that command: what the package answers, it answers too."""

    def run(*arguments):
        result = subprocess.run([relume_path, *map(str, arguments)], capture_output=True, text=True, check=False)
        assert result.returncode in (0, 3), result.stderr
        return result

    return run
