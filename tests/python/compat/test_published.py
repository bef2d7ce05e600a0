# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Published workspaces: built and evaluated by both."""

import json

import jsonpatch
import numpy as np
import pytest
from differential import compare, ours

#: By what their path has in it; all of a few seconds with pyhf.
SOME = ["pyhf-small", "sbottom", "staus", "displaced", "tttt", "ttbar"]
#: Bigger ones take pyhf minutes.
MAX_BYTES = 3_000_000
#: How many there are at least, so that nothing goes missing unnoticed.
MIN_SMALL, MIN_SEARCHES = 10, 8
#: What pyhf 0.7.6 does not take, as they give no auxiliary data for what is constrained.
REFUSED = {"simplified_SRA_patchset.json": "TypeError", "simplified_SRB_patchset.json": "TypeError"}


def patchsets(folder):
    """Pairs: background, patchset."""
    for path in sorted(folder.glob("*patchset.json")):
        stem = path.stem.removesuffix("_patchset").removesuffix("_derived")
        yield next(p for p in (folder / f"{stem}.json", folder / f"{stem}_BkgOnly.json") if p.exists()), path


def workspaces(folder):
    """Those with a signal of their own, and backgrounds with the first signal of their patchset."""
    for path in sorted(folder.rglob("*.json")):
        if any(word in str(path) for word in SOME) and path.stat().st_size < MAX_BYTES:
            document = json.loads(path.read_text())
            if isinstance(document, dict) and {"channels", "measurements", "observations"} <= set(document) and "BkgOnly" not in path.name:
                yield path, document
    for subfolder in sorted(folder.iterdir()):
        if any(word in subfolder.name for word in SOME):
            for background, patchset in patchsets(subfolder):
                first = json.loads(patchset.read_text())["patches"][0]["patch"]
                yield patchset, jsonpatch.apply_patch(json.loads(background.read_text()), first)


def test_configuration_and_densities(shared):
    small, searches = 0, 0
    for path, document in workspaces(shared / "data" / "histfactory-json"):

        def answer(m, document=document):
            workspace = m.Workspace(document)
            pdf = workspace.model()
            c = pdf.config
            start = np.array(c.suggested_init())
            point = start + 0.05 * ~np.array(c.suggested_fixed())
            data = workspace.data(pdf)
            return c.par_names, c.suggested_bounds(), c.suggested_fixed(), c.modifiers, data, pdf.logpdf(start, data), pdf.logpdf(point, data), pdf.expected_data(point)

        refused = REFUSED.get(path.name, False)
        try:
            compare(answer, raises=refused)
        except AssertionError as error:
            pytest.fail(f"{path}: {error}")
        if refused:
            continue
        small += "pyhf-small" in str(path)
        searches += "pyhf-small" not in str(path)
    assert small >= MIN_SMALL and searches >= MIN_SEARCHES


def test_whole_tests_and_single_fits_agree(shared):
    checked = 0
    for path, document in workspaces(shared / "data" / "histfactory-json"):
        if path.name in REFUSED:
            continue
        workspace = ours.Workspace(document)
        pdf = workspace.model()
        if pdf.config.suggested_bounds()[pdf.config.poi_index][0] != 0 or "pyhf-small" in str(path):
            continue
        data = workspace.data(pdf)
        whole = ours.infer.hypotest(1.0, data, pdf, return_expected_set=True)
        single = ours.infer.hypotest(1.0, data, pdf, return_expected_set=True, return_calculator=True)
        np.testing.assert_allclose(np.hstack([whole[0], *whole[1]]), np.hstack([single[0], *single[1]]), rtol=1e-6, err_msg=str(path))
        checked += 1
    assert checked >= MIN_SEARCHES - 1  # of one the signal may be negative
