# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Strict mode: pyhf's digits, noise of its minimiser included."""

import json
import os
import subprocess
import sys

import pytest
from differential import compare, ours
from specs import TESTABLE, WORKSPACES

from relume.compat import is_strict, strict

#: What is left are the last digits of the likelihood, which forward differences make larger.
DIGITS = 1e-6


def built(module, name):
    workspace = module.Workspace(WORKSPACES[name])
    pdf = workspace.model()
    return workspace.data(pdf), pdf


@pytest.mark.parametrize("name", TESTABLE)
def test_fits(name):
    with strict():
        compare(lambda m: m.infer.mle.fit(*built(m, name), return_fitted_val=True), DIGITS)


@pytest.mark.parametrize("name", TESTABLE)
def test_hypotest(name):
    with strict():
        compare(lambda m: m.infer.hypotest(1.0, *built(m, name), return_expected_set=True, return_tail_probs=True), DIGITS,
                raises="FailedMinimization" if "empty bin" in name else False)  # at mu = 0 nothing is expected where something was seen


@pytest.mark.parametrize("name", ["counting", "shapesys"])
def test_minuit(name):
    def answer(m):
        m.set_backend("numpy", "minuit")
        return m.infer.mle.fit(*built(m, name), return_uncertainties=True, return_fitted_val=True)

    with strict():
        compare(answer, DIGITS)


def test_the_number_that_pyhf_documents():
    with strict():
        pdf = ours.simplemodels.uncorrelated_background([12.0, 11.0], [50.0, 52.0], [3.0, 7.0])
        assert float(ours.infer.hypotest(1.0, [51.0, 48.0, *pdf.config.auxdata], pdf, test_stat="qtilde")) == pytest.approx(0.05251497, abs=5e-9)
    assert float(ours.infer.hypotest(1.0, [51.0, 48.0, *pdf.config.auxdata], pdf)) == pytest.approx(0.05251553, abs=5e-9)


def test_the_small_published_workspaces(shared):
    """pyhf's own validation models, and two statistics of each."""
    paths = sorted((shared / "data" / "histfactory-json" / "pyhf-small").glob("*.json"))
    documents = [json.loads(path.read_text()) for path in paths]
    workspaces = [document for document in documents if "measurements" in document]
    assert workspaces

    def answer(m, document, test_stat):
        workspace = m.Workspace(document)
        pdf = workspace.model()
        return m.infer.hypotest(1.0, workspace.data(pdf), pdf, test_stat=test_stat, return_expected_set=True)

    with strict():
        for document in workspaces:
            for test_stat in ("qtilde", "q0"):
                compare(lambda m, d=document, t=test_stat: answer(m, d, t), DIGITS)


def test_switching():
    assert not is_strict()
    with strict():
        assert is_strict()
        with strict(False):
            assert not is_strict()
        assert is_strict()
    assert not is_strict()
    strict()
    assert is_strict()


def test_blocks_that_overlap():
    """As of two threads: each ends its own."""
    first, second = strict(), strict()
    first.__enter__()
    second.__enter__()
    first.__exit__()
    assert is_strict()
    second.__exit__()
    assert not is_strict()

    first = strict().__enter__()
    second = strict().__enter__()
    first.__exit__()
    assert is_strict()
    second.__exit__()
    assert not is_strict()


def test_calls_within_blocks_last():
    with strict():
        strict(False)
        assert not is_strict()
    assert not is_strict()
    with strict(False):
        strict()
    assert is_strict()


def test_the_environment_variable():
    program = "from relume.compat import is_strict; print(is_strict())"
    environment = {**os.environ, "RELUME_COMPAT_STRICT": "1"}
    assert subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True).stdout == "True\n"
