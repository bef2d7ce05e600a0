# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""What `relume validate` says of flat directions beside the rank of pyhf's Jacobian."""

from __future__ import annotations

import random

import numpy as np
import pytest
import random_model

pyhf = pytest.importorskip("pyhf", reason="pyhf, the witness of these tests, is not installed")

FLAT = ("poi-without-effect", "poi-degenerate", "free-parameter-without-effect", "degenerate-parameters")
SEEDS = range(60)


def workspace(seed):
    """A random one with factors put onto random samples: many of them go along with each other."""
    rng = random.Random(f"flat {seed}")
    ws = random_model.workspace(rng, gentle=True)
    ws["measurements"] = ws["measurements"][:1]
    samples = [s for c in ws["channels"] for s in c["samples"]]
    for k in range(rng.randint(1, 4)):
        for sample in rng.sample(samples, rng.randint(1, min(2, len(samples)))):
            sample["modifiers"].append({"name": f"free_{k}", "type": "normfactor", "data": None})
    return ws


def jacobian(ws):
    """Of all expected data, in units of their standard deviations, in the free parameters, and their names."""
    model = pyhf.Workspace(ws).model()
    point = np.asarray(model.config.suggested_init(), dtype=float)
    free = [i for i, fixed in enumerate(model.config.suggested_fixed()) if not fixed]
    columns = []
    for i in free:
        step = np.zeros_like(point)
        step[i] = 1e-4  # rates are products of linear functions and smooth ones of systematic uncertainties
        up, down = model.expected_data(point + step), model.expected_data(point - step)
        columns.append((up - down) / (2 * step[i]))
    matrix = np.array(columns).T / np.sqrt(np.maximum(model.expected_data(point), 1.0))[:, None]
    return matrix, [model.config.par_names[i] for i in free]


@pytest.mark.parametrize("seed", SEEDS)
def test_directions_are_counted_and_named(answer, seed):
    ws = workspace(seed)
    found = answer(ws, "validate", "--format", "json", "--places", "0", "--fail-on", "never")
    groups = [tuple(p["parameters"]) for f in found["findings"] if f["check"] in FLAT for p in f["places"]]
    matrix, names = jacobian(ws)
    lengths = np.linalg.norm(matrix, axis=0)
    matrix = matrix / np.where(lengths > 0, lengths, 1.0)
    # Flat directions come out at 1e-9 (differences), others above 1e-4.
    assert len(groups) == len(names) - np.linalg.matrix_rank(matrix, tol=1e-6)
    for group in groups:
        # What is named is flat by itself, and nothing of it can be left out.
        columns = [i for i, name in enumerate(names) if name in group]
        assert len(columns) == len(group)
        assert np.linalg.matrix_rank(matrix[:, columns], tol=1e-6) == len(columns) - 1
        if len(group) > 1:
            for left_out in columns:
                assert np.linalg.matrix_rank(matrix[:, [i for i in columns if i != left_out]], tol=1e-6) == len(columns) - 1


@pytest.mark.parametrize("seed", SEEDS)
def test_fits_give_no_uncertainty_along_them(answer, seed):
    """Unless a bound holds what is flat, a fit with a flat direction is singular: no number stands for "not known"."""
    ws = workspace(seed)
    matrix, names = jacobian(ws)
    lengths = np.linalg.norm(matrix, axis=0)
    is_flat = np.linalg.matrix_rank(matrix / np.where(lengths > 0, lengths, 1.0), tol=1e-6) < len(names)
    fit = answer(ws, "fit")
    if is_flat and not fit["at_bounds"]["lower"] and not fit["at_bounds"]["upper"]:
        assert fit["status"] == "singular", fit["reason"]
    sizes = [u for values in (fit["uncertainties"] or {}).values() for u in values]
    assert all(u < 1e3 for u in sizes)  # in units of samples and of their systematic uncertainties


def test_many_of_these_have_flat_directions():
    flat = [seed for seed in SEEDS if (lambda m: np.linalg.matrix_rank(m[0], tol=1e-6) < len(m[1]))(jacobian(workspace(seed)))]
    assert len(SEEDS) / 4 < len(flat) < len(SEEDS)
