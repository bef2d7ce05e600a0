# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""cabinetry, unmodified, on both pyhfs."""

import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from specs import SEEN

pytest.importorskip("cabinetry", reason="cabinetry is not installed")

PROGRAM = pathlib.Path(__file__).parent / "programs" / "cabinetry_workflow.py"

#: Relative and absolute: what Minuit at its default tolerance leaves in pyhf's numbers.
TOLERANCE = {"twice_nll": (1e-5, 1e-4), "goodness of fit": (1e-3, 1e-4), "bestfit": (0.01, 0.01), "uncertainty": (0.02, 2e-3), "correlation": (0.0, 0.02),
             "minos": (0.02, 2e-3), "ranking": (0.05, 0.02), "scan": (0.02, 0.02), "limit": (5e-3, 1e-3), "significance": (5e-3, 2e-3),
             "yields before": (1e-9, 1e-9), "deviations before": (1e-6, 1e-6), "yields after": (0.01, 0.01), "deviations after": (0.02, 0.01),
             "asimov data": (1e-9, 1e-9)}


def flat(values):
    return np.hstack([flat(v) for v in values]) if isinstance(values, list) else values


@pytest.mark.parametrize("name", SEEN)
def test_the_whole_workflow(name, tmp_path):
    path = tmp_path / "workspace.json"
    path.write_text(json.dumps(SEEN[name]))
    answers = []
    for prefix in ([], ["-m", "relume.compat.run"]):
        run = subprocess.run([sys.executable, *prefix, str(PROGRAM), str(path)], capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        answers.append(json.loads(run.stdout.splitlines()[-1]))  # cabinetry prints a warning of its own
    expected, found = answers
    assert (expected["pyhf"], found["pyhf"]) == ("pyhf", "relume.compat.pyhf")
    assert expected["labels"] == found["labels"]
    for key, (rtol, atol) in TOLERANCE.items():
        np.testing.assert_allclose(flat(found[key]), flat(expected[key]), rtol=rtol, atol=atol, err_msg=key)
    assert found["twice_nll"] <= expected["twice_nll"] + 1e-9
