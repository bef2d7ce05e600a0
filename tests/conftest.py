# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the Python tests share: the program under test and the published models."""

import os
import pathlib
import subprocess

import pytest

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def relume():
    """Runs the program: relume("limit", path) -> CompletedProcess with text output."""
    program = os.environ.get("RELUME_CLI", str(CHECKOUT / "build" / "relume"))
    if not os.access(program, os.X_OK):
        pytest.exit(f"{program} is not there: make build", returncode=1)

    def run(*arguments, **options):
        return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False, **options)

    run.program = program
    return run


@pytest.fixture(scope="session")
def shared():
    """The folder of published models and reference numbers, which are not ours to put into the repository."""
    folder = pathlib.Path(os.environ.get("RELUME_SHARED") or CHECKOUT.parent / "shared")
    if not (folder / "data").is_dir():
        reason = f"no published models at {folder} (set RELUME_SHARED)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder
