# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""redist (custom modifiers), unmodified, on both pyhfs."""

import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("redist", reason="redistpy is not installed")

PROGRAM = pathlib.Path(__file__).parent / "programs" / "redist_workflow.py"


def test_reweighting(tmp_path):
    answers = []
    for prefix in ([], ["-m", "relume.compat.run"]):
        run = subprocess.run([sys.executable, "-W", "ignore", *prefix, str(PROGRAM), str(tmp_path)], capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        answers.append(json.loads(run.stdout.splitlines()[-1]))
    expected, found = answers
    assert (expected["pyhf"], found["pyhf"]) == ("pyhf", "relume.compat.pyhf")
    assert expected["names"] == found["names"]
    for key in ("rates", "densities", "loaded", "loaded data"):
        np.testing.assert_allclose(found[key], expected[key], rtol=1e-10, err_msg=key)
    np.testing.assert_allclose(found["fit"], expected["fit"], atol=1e-4)
    assert found["twice_nll"] == pytest.approx(expected["twice_nll"], abs=1e-6)
    assert found["by name"] == expected["by name"]
