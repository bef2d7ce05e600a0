# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""pyhf's likelihood on jax, sampled by blackjax: pyhf_blackjax.py WORKSPACE DRAWS WARMUP diagonal|dense. Speaks the protocol of harness/contender.py.

The same density as ours: likelihood with its constraint terms, flat within bounds. Parameters are mapped by logit, as samplers on bounded
parameters are usually written, and measured in their pre-fit widths: those go over eight orders of magnitude, which the adaptation of a mass matrix from 1
on does not find (R-hat of 3, trajectories of 1,023 steps). From there on, blackjax's window adaptation does what it does.
"""

from __future__ import annotations

import json
import sys
import time
import warnings

import arviz
import blackjax
import jax
import jax.numpy as jnp
import numpy as np
import pyhf

CODES = {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}
CHAINS = 4


def say(**event: object) -> None:
    print(json.dumps(event), flush=True)


def widths(config: pyhf.pdf._ModelConfig) -> np.ndarray:
    """Before the fit; 0.1 where there is none."""
    result = np.full(config.npars, 0.1)
    for name in config.par_order:
        if config.param_set(name).constrained:
            result[config.par_slice(name)] = config.param_set(name).width()
    return result


def main() -> None:
    file, n_draws, n_warmup, is_dense = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "dense"
    warnings.simplefilter("ignore")
    pyhf.set_backend("jax", precision="64b")
    begin = time.process_time()
    with open(file, encoding="utf-8") as stream:
        workspace = pyhf.Workspace(json.load(stream))
    loaded = time.process_time()
    model = workspace.model(modifier_settings=CODES)
    data = jnp.asarray(workspace.data(model))
    say(event="ready", load_s=loaded - begin, compile_s=time.process_time() - loaded)

    begin = time.process_time()
    config = model.config
    free = np.flatnonzero(~np.asarray(config.suggested_fixed(), dtype=bool))
    initial = jnp.asarray(config.suggested_init(), dtype=float)
    lower, upper = jnp.asarray(np.asarray(config.suggested_bounds(), dtype=float)[free].T)

    # A start inside: some initial values are bounds.
    x = jnp.clip(initial[free], lower + 1e-3 * (upper - lower), upper - 1e-3 * (upper - lower))
    start = jnp.log((x - lower) / (upper - x))
    width = jnp.asarray(widths(config))[free] * (upper - lower) / ((x - lower) * (upper - x))

    def parameters(z: jax.Array) -> jax.Array:
        return lower + (upper - lower) * jax.nn.sigmoid(start + width * z)

    def log_density(z: jax.Array) -> jax.Array:
        y = start + width * z
        value = model.logpdf(initial.at[free].set(parameters(z)), data)[0] + jnp.sum(jax.nn.log_sigmoid(y) + jax.nn.log_sigmoid(-y))
        return jnp.where(jnp.isfinite(value), value, -jnp.inf)

    adaptation = blackjax.window_adaptation(blackjax.nuts, log_density, is_mass_matrix_diagonal=not is_dense)

    @jax.jit
    def warm_up(key: jax.Array) -> tuple:
        (state, tuned), _ = adaptation.run(key, jnp.zeros(len(free)), num_steps=n_warmup)
        return state, tuned

    @jax.jit
    def sample(key: jax.Array, state: object, tuned: dict) -> tuple:
        kernel = blackjax.nuts(log_density, **tuned).step

        def step(state: object, key: jax.Array) -> tuple:
            state, info = kernel(key, state)
            return state, (parameters(state.position), info.num_integration_steps)

        return jax.lax.scan(step, state, jax.random.split(key, n_draws))[1]

    keys = jax.random.split(jax.random.key(0), 2 * CHAINS)
    tuned = [jax.block_until_ready(warm_up(key)) for key in keys[:CHAINS]]
    compiled = sample.lower(keys[0], *tuned[0]).compile()
    sampling = time.process_time()
    chains = [jax.block_until_ready(compiled(key, *t)) for key, t in zip(keys[CHAINS:], tuned, strict=True)]
    end = time.process_time()
    names = [config.par_names[i] for i in free]
    draws = np.stack([np.asarray(c[0]) for c in chains])
    if not np.isfinite(draws).all():
        say(event="failed", seconds=end - begin, reason="draws that are not finite")
        return
    posterior = arviz.convert_to_dataset({name: draws[:, :, i] for i, name in enumerate(names)})
    bulk, r_hat, error, mean = arviz.ess(posterior, method="bulk"), arviz.rhat(posterior), arviz.mcse(posterior), posterior.mean()
    say(event="answer", seconds=end - begin, sampling_s=end - sampling, draws=n_draws, bulk_ess=min(float(bulk[n]) for n in names),
        r_hat=max(float(r_hat[n]) for n in names), gradients_per_draw=float(np.mean([np.asarray(c[1]).mean() for c in chains])),
        means={n: float(mean[n]) for n in names}, errors={n: float(error[n]) for n in names})


if __name__ == "__main__":
    main()
