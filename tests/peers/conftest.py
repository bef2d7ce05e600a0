# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Runs the program on workspaces made in a test."""

import json

import pytest


@pytest.fixture
def run_on(relume, tmp_path):
    """run_on(workspace, "fit", "--fix", "mu=1") -> CompletedProcess"""

    def run(workspace, command, *arguments, **options):
        path = tmp_path / "workspace.json"
        path.write_text(json.dumps(workspace), encoding="utf-8")
        return relume(*command.split(), path, *arguments, **options)

    return run


@pytest.fixture
def answer(run_on):
    """answer(workspace, "fit") -> the result; fails with the program's complaint."""

    def run(workspace, command, *arguments, code=0, **options):
        result = run_on(workspace, command, *arguments, **options)
        assert result.returncode == code, result.stdout + result.stderr
        return json.loads(result.stdout)

    return run


@pytest.fixture
def refusal(run_on):
    """refusal(workspace, "fit") -> what the program complains about; fails when it does not."""

    def run(workspace, command, *arguments, **options):
        result = run_on(workspace, command, *arguments, **options)
        assert result.returncode == 2 and result.stdout == "", result.stdout + result.stderr
        assert all(line.startswith("relume: ") for line in result.stderr.splitlines())
        return result.stderr

    return run
