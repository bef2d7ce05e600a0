# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Ctrl-C ends a long computation with KeyboardInterrupt."""

import signal
import subprocess
import sys
import time

LONG_FIT = """
import numpy as np, relume
rng = np.random.default_rng(1)
n_bins, n_shapes = 4000, 600
samples = []
for s in range(4):
    nominal = rng.uniform(50, 100, n_bins)
    modifiers = [{"name": f"shape{i}", "type": "histosys", "data": {"lo_data": (nominal * (1 - e)).tolist(), "hi_data": (nominal * (1 + e)).tolist()}}
                 for i, e in enumerate(rng.normal(0, 0.05, (n_shapes, n_bins)))]
    samples.append({"name": f"s{s}", "data": nominal.tolist(), "modifiers": modifiers + ([{"name": "mu", "type": "normfactor", "data": None}] if s == 0 else [])})
observed = rng.poisson(sum(np.array(s["data"]) for s in samples)).tolist()
model = relume.Workspace({"channels": [{"name": "SR", "samples": samples}], "observations": [{"name": "SR", "data": observed}],
                          "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}], "version": "1.0.0"}).model()
print("ready", flush=True)
try:
    while True:
        relume.upper_limit(model)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_a_long_computation_stops():
    with subprocess.Popen([sys.executable, "-c", LONG_FIT], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "interrupted\n"
        assert process.wait(timeout=60) == 0
