# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""pyhf: pyhf_limits.py BACKGROUND PATCHSET TOLERANCE POINT [POINT …]. Upper limits by its own root search; TOLERANCE 0 leaves the optimiser's."""

from __future__ import annotations

import json
import sys
import time
import warnings

import pyhf


def say(**event: object) -> None:
    print(json.dumps(event), flush=True)


def hypotest_in_floats(poi: float, *arguments: object, **options: object) -> tuple:
    """pyhf 0.7.6 remembers tests by their value of mu, which its root search makes an array of jax's, which cannot be looked up."""
    observed, expected = pyhf.infer.hypotest(float(poi), *arguments, **options)
    return float(observed), [float(e) for e in expected]


def main() -> None:
    pyhf.infer.intervals.upper_limits.hypotest = hypotest_in_floats
    warnings.simplefilter("ignore")
    background, patchset = (json.load(open(name, encoding="utf-8")) for name in sys.argv[1:3])
    backend, tolerance = sys.argv[3], float(sys.argv[4])
    pyhf.set_backend(backend, pyhf.optimize.scipy_optimizer(tolerance=tolerance) if tolerance > 0 else pyhf.optimize.scipy_optimizer())
    workspace, patches = pyhf.Workspace(background), pyhf.PatchSet(patchset)
    say(event="ready", load_s=0.0, compile_s=0.0)
    for point in sys.argv[5:]:
        begin = time.process_time()
        try:
            model = workspace.model(patches=[patches[point]], modifier_settings={"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}})
            data = workspace.data(model)
            observed, expected = pyhf.infer.intervals.upper_limits.upper_limit(data, model)
            say(event="limit", point=point, seconds=time.process_time() - begin, limits=[float(observed), *(float(e) for e in expected)])
        except Exception as error:  # whatever it is, it is pyhf's answer to the question
            say(event="limit", point=point, seconds=time.process_time() - begin, reason=f"{type(error).__name__}: {error}"[:200])


if __name__ == "__main__":
    main()
