# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""redist's reweighting modifier on a small model, unmodified: prints the numbers as JSON, with the pyhf that they came from.

    python redist_workflow.py FOLDER
"""

import json
import pathlib
import sys
import time

import numpy as np
import pyhf
import redist.modifier


def null(x):
    return np.exp(-x) + 0.2


def alternative(x, slope, bump):
    return np.exp(-(1.0 + slope) * x) + 0.2 + 0.5 * bump * np.exp(-((x - 1.5) ** 2))


def main(folder):
    begin = time.process_time()
    bins = [np.linspace(0.0, 3.0, 7)]
    rng = np.random.default_rng(5)
    density = np.diag([40.0, 30.0, 25.0, 20.0, 15.0, 12.0])[::2] + rng.uniform(0.5, 2.0, (3, 6))
    parameters = {"slope": {"inits": (0.0,), "bounds": ((-0.8, 2.0),), "paramset_type": "unconstrained"},
                  "bump": {"inits": (0.1,), "bounds": ((-5.0, 5.0),), "paramset_type": "constrained_by_normal"}}
    modifier = redist.modifier.Modifier(parameters, alternative, null, density, bins, name="shape")
    spec = {"channels": [{"name": "c", "samples": [
        {"name": "signal", "data": density.sum(axis=1).tolist(), "modifiers": [{"name": "mu", "type": "normfactor", "data": None}]},
        {"name": "b", "data": [50.0, 40.0, 30.0], "modifiers": [{"name": "u", "type": "shapesys", "data": [5.0, 4.0, 3.0]}]}]}]}
    model = redist.modifier.add_to_model(pyhf.Model(spec), ["c"], ["signal"], modifier.expanded_pyhf,
                                         {"name": "reweighted", "type": "shape", "data": {"expr": "shape_weight_fn"}}, poi_name="slope")
    data = [118.0, 70.0, 52.0, *model.config.auxdata]
    points = [model.config.suggested_init()]
    points.append((np.array(points[0]) * 1.1 + 0.05).tolist())
    fixed = [name.startswith("mu") for name in model.config.par_names]
    best, value = pyhf.infer.mle.fit(data, model, fixed_params=fixed, return_fitted_val=True)
    path = str(pathlib.Path(folder) / "model.json")
    redist.modifier.save(path, model.spec, [modifier], data[:3])
    loaded, loaded_data = redist.modifier.load(path, alternative, null, return_data=True, poi_name="slope")
    print(json.dumps({
        "pyhf": pyhf.__name__,
        "seconds": time.process_time() - begin,
        "names": model.config.par_names,
        "rates": [model.expected_actualdata(x).tolist() for x in points],
        "densities": [float(model.logpdf(x, data)[0]) for x in points],
        "fit": best.tolist(),
        "twice_nll": float(value),
        "loaded": loaded.expected_actualdata(points[1]).tolist(),
        "loaded data": list(loaded_data),
        "by name": {k: v for k, v in redist.modifier.par_dict(model, np.array(points[0])).items() if isinstance(v, float)},
    }))


if __name__ == "__main__":
    main(*sys.argv[1:])
