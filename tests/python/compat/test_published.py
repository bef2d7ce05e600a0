# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Published workspaces: built and evaluated by both."""

import json

import numpy as np
import pytest
from differential import compare, ours

#: By what their path has in it; all of a few seconds with pyhf.
SOME = ["pyhf-small", "sbottom", "staus", "displaced", "tttt", "ttbar"]
#: Bigger ones take pyhf minutes.
MAX_BYTES = 3_000_000


def workspaces(folder):
    for path in sorted(folder.rglob("*.json")):
        if any(word in str(path) for word in SOME) and path.stat().st_size < MAX_BYTES:
            document = json.loads(path.read_text())
            if isinstance(document, dict) and {"channels", "measurements", "observations"} <= set(document):
                yield path, document


def test_configuration_and_densities(shared):
    checked = 0
    for path, document in workspaces(shared / "data" / "histfactory-json"):

        def answer(m, document=document):
            workspace = m.Workspace(document)
            pdf = workspace.model()
            c = pdf.config
            start = np.array(c.suggested_init())
            point = start + 0.05 * ~np.array(c.suggested_fixed())
            data = workspace.data(pdf)
            return c.par_names, c.suggested_bounds(), c.suggested_fixed(), c.modifiers, data, pdf.logpdf(start, data), pdf.logpdf(point, data), pdf.expected_data(point)

        try:
            compare(answer)
        except AssertionError as error:
            pytest.fail(f"{path}: {error}")
        checked += 1
    assert checked > 10


def test_whole_tests_and_single_fits_agree(shared):
    for path, document in workspaces(shared / "data" / "histfactory-json"):
        workspace = ours.Workspace(document)
        if workspace.get_measurement()["config"]["poi"] not in dict(workspace.modifiers):
            continue  # background without a signal
        pdf = workspace.model()
        if pdf.config.suggested_bounds()[pdf.config.poi_index][0] != 0 or "pyhf-small" in str(path):
            continue
        data = workspace.data(pdf)
        whole = ours.infer.hypotest(1.0, data, pdf, return_expected_set=True)
        single = ours.infer.hypotest(1.0, data, pdf, return_expected_set=True, return_calculator=True)
        np.testing.assert_allclose(np.hstack([whole[0], *whole[1]]), np.hstack([single[0], *single[1]]), rtol=1e-6, err_msg=str(path))
