# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""SModelS' interface to pyhf, unmodified, on both pyhfs."""

import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("smodels", reason="SModelS is not installed")

PROGRAM = pathlib.Path(__file__).parent / "programs" / "smodels_workflow.py"


def test_likelihoods_and_limits():
    answers = []
    for prefix in ([], ["-m", "relume.compat.run"]):
        run = subprocess.run([sys.executable, "-W", "ignore", *prefix, str(PROGRAM)], capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        answers.append(json.loads(next(line for line in run.stdout.splitlines() if line.startswith('{"pyhf"'))))
    expected, found = answers
    assert (expected["pyhf"], found["pyhf"]) == ("pyhf", "relume.compat.pyhf")
    for kind in ("observed", "apriori", "aposteriori"):
        for key in ("nll", "nll without signal", "limit"):
            assert found[kind][key] == pytest.approx(expected[kind][key], rel=1e-5), (kind, key)
        assert found[kind]["minimum"][0] <= expected[kind]["minimum"][0] + 1e-9
        np.testing.assert_allclose(found[kind]["minimum"][:2], expected[kind]["minimum"][:2], rtol=1e-5, atol=5e-4)
    # The background was fitted to 54 - 50 events over 12: a third of a signal. BFGS's own estimate of the uncertainty, which pyhf passes on, is half
    # of the right one: sqrt(54 + 5^2 + 2.8^2) / 12, over sqrt(2) because the objective is -2 ln L.
    assert found["observed"]["minimum"][1] == pytest.approx(1.0 / 3.0, abs=1e-7)
    assert found["observed"]["minimum"][2] == pytest.approx(np.sqrt(54.0 + 25.0 + 7.6) / 12.0 / np.sqrt(2.0), rel=0.01)
