# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The peers: peers_impacts.py cabinetry|iminuit jax|numpy WORKSPACE PARAMETER [PARAMETER …]

cabinetry: what its ranking does for each parameter, the fits that hold it at best +- prefit and +- post-fit uncertainty. It ranks all parameters or
none, so that a few are asked for with its own fits, one by one. iminuit: MINOS. Both on pyhf's likelihood; jax, where it is installed, gives Minuit
its derivatives.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import time
import warnings

import numpy as np
import pyhf


def say(**event: object) -> None:
    print(json.dumps(event), flush=True)


def of_cabinetry(model: pyhf.Model, data: list, parameters: list[str]) -> None:
    import cabinetry

    begin = time.process_time()
    best = cabinetry.fit.fit(model, data)
    say(event="fit", seconds=time.process_time() - begin)
    prefit = cabinetry.model_utils.prefit_uncertainties(model)
    poi = model.config.poi_index
    for name in parameters:
        i = list(best.labels).index(name)
        begin = time.process_time()
        shifts = []
        for step in (prefit[i], -prefit[i], best.uncertainty[i], -best.uncertainty[i]):
            start, held = list(model.config.suggested_init()), list(model.config.suggested_fixed())
            start[i], held[i] = best.bestfit[i] + step, True
            shifts.append(float(cabinetry.fit.fit(model, data, init_pars=start, fix_pars=held).bestfit[poi] - best.bestfit[poi]))
        say(event="parameter", parameter=name, seconds=time.process_time() - begin, answer=shifts)


def of_iminuit(model: pyhf.Model, data: list, parameters: list[str]) -> None:
    import iminuit

    tensors, gradient = pyhf.tensorlib, None
    observed = tensors.astensor(data)

    def twice_nll(x):
        return -2 * model.logpdf(tensors.astensor(x), observed)[0]

    if tensors.name == "jax":
        import jax

        twice_nll, gradient = jax.jit(twice_nll), jax.jit(jax.grad(twice_nll))
    minuit = iminuit.Minuit(lambda x: float(twice_nll(x)), np.asarray(model.config.suggested_init()), name=model.config.par_names,
                            grad=None if gradient is None else lambda x: np.asarray(gradient(x)))
    minuit.limits = model.config.suggested_bounds()
    for name, fixed in zip(model.config.par_names, model.config.suggested_fixed(), strict=True):
        minuit.fixed[name] = fixed
    begin = time.process_time()
    minuit.migrad()
    minuit.hesse()
    say(event="fit", seconds=time.process_time() - begin)
    for name in parameters:
        begin = time.process_time()
        minuit.minos(name)
        errors = minuit.merrors[name]
        value = minuit.values[name]
        ends = [value + errors.lower if errors.lower_valid else None, value + errors.upper if errors.upper_valid else None]
        say(event="parameter", parameter=name, seconds=time.process_time() - begin, answer=ends)


def main() -> None:
    warnings.simplefilter("ignore")
    begin = time.process_time()
    pyhf.set_backend("jax" if sys.argv[2] == "jax" and importlib.util.find_spec("jax") else "numpy", precision="64b")
    workspace = pyhf.Workspace(json.load(open(sys.argv[3], encoding="utf-8")))
    model = workspace.model()
    data = list(workspace.data(model))
    say(event="ready", load_s=time.process_time() - begin, compile_s=0.0, backend=pyhf.tensorlib.name)
    {"cabinetry": of_cabinetry, "iminuit": of_iminuit}[sys.argv[1]](model, data, sys.argv[4:])


if __name__ == "__main__":
    main()
