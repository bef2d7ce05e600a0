# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""spey with spey-pyhf, unmodified, on both pyhfs."""

import importlib.util
import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest

# Not imported here: spey prints when the process ends.
pytestmark = pytest.mark.skipif(importlib.util.find_spec("spey_pyhf") is None, reason="spey-pyhf is not installed")

PROGRAM = pathlib.Path(__file__).parent / "programs" / "spey_workflow.py"


def test_two_models():
    answers = []
    for prefix in ([], ["-m", "relume.compat.run"]):
        run = subprocess.run([sys.executable, "-W", "ignore", *prefix, str(PROGRAM)], capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        answers.append(json.loads(next(line for line in run.stdout.splitlines() if line.startswith("{"))))
    expected, found = answers
    assert (expected["pyhf"], found["pyhf"]) == ("pyhf", "relume.compat.pyhf")
    for model in ("full", "simple"):
        for key, value in expected[model].items():
            np.testing.assert_allclose(found[model][key], value, rtol=1e-5, err_msg=f"{model} {key}")
