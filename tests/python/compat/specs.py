# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Small workspaces that between them use everything that a specification can say."""

from __future__ import annotations

from typing import Any


def sample(name: str, data: list[float], *modifiers: tuple) -> dict[str, Any]:
    return {"name": name, "data": data, "modifiers": [{"name": n, "type": t, "data": d} for n, t, d in modifiers]}


def workspace(channels: dict[str, list], observations: dict[str, list], parameters: list = (), poi: str = "mu") -> dict[str, Any]:
    return {
        "channels": [{"name": name, "samples": samples} for name, samples in channels.items()],
        "observations": [{"name": name, "data": data} for name, data in observations.items()],
        "measurements": [{"name": "measurement", "config": {"poi": poi, "parameters": list(parameters)}}],
        "version": "1.0.0",
    }


MU = ("mu", "normfactor", None)
LUMI = {"name": "lumi", "auxdata": [1.0], "sigmas": [0.017], "bounds": [[0.915, 1.085]], "inits": [1.0]}
SIGNAL = sample("signal", [5.0, 10.0], MU)

WORKSPACES = {
    "counting": workspace({"c": [sample("signal", [5.0], MU), sample("b", [50.0], ("u", "shapesys", [7.0]))]}, {"c": [53.0]}),
    "shapesys": workspace({"c": [SIGNAL, sample("b", [50.0, 60.0], ("u", "shapesys", [5.0, 12.0]))]}, {"c": [53.0, 65.0]}),
    "shapesys with empty bins": workspace({"c": [sample("signal", [5.0, 1.0, 2.0], MU), sample("b", [50.0, 0.0, 20.0], ("u", "shapesys", [5.0, 1.0, 0.0]))]},
                                          {"c": [53.0, 2.0, 25.0]}),
    "normsys": workspace({"c": [SIGNAL, sample("b", [50.0, 60.0], ("n", "normsys", {"lo": 0.9, "hi": 1.15}))]}, {"c": [48.0, 70.0]}),
    "histosys": workspace({"c": [SIGNAL, sample("b", [50.0, 60.0], ("h", "histosys", {"lo_data": [45.0, 66.0], "hi_data": [56.0, 57.0]}))]},
                          {"c": [55.0, 66.0]}),
    "normsys and histosys of one name": workspace(
        {"c": [SIGNAL, sample("b", [50.0, 60.0], ("x", "histosys", {"lo_data": [45.0, 66.0], "hi_data": [56.0, 57.0]}),
                              ("x", "normsys", {"lo": 0.95, "hi": 1.07}))]}, {"c": [55.0, 66.0]}),
    "staterror": workspace({"c": [SIGNAL, sample("b", [50.0, 60.0], ("s", "staterror", [3.0, 4.0])), sample("a", [10.0, 0.5], ("s", "staterror", [1.0, 0.3]))]},
                           {"c": [63.0, 65.0]}),
    "staterror with an empty bin": workspace({"c": [SIGNAL, sample("b", [50.0, 0.0], ("s", "staterror", [3.0, 0.0]))]}, {"c": [52.0, 4.0]}),
    "staterror in two channels": workspace(
        {"z": [SIGNAL, sample("b", [50.0, 60.0], ("s", "staterror", [3.0, 4.0]))], "a": [sample("b", [30.0], ("s", "staterror", [2.0]))]},
        {"z": [52.0, 63.0], "a": [31.0]}),
    "shapefactor": workspace({"sr": [SIGNAL, sample("b", [50.0, 60.0], ("f", "shapefactor", None))], "cr": [sample("b", [100.0, 120.0], ("f", "shapefactor", None))]},
                             {"sr": [54.0, 68.0], "cr": [99.0, 125.0]}),
    "lumi": workspace({"c": [sample("signal", [5.0, 10.0], MU, ("lumi", "lumi", None)), sample("b", [50.0, 60.0], ("lumi", "lumi", None))]},
                      {"c": [52.0, 71.0]}, [LUMI]),
    "configured": workspace(
        {"c": [SIGNAL, sample("b", [50.0, 60.0], ("n", "normsys", {"lo": 0.9, "hi": 1.15}), ("k", "normfactor", None), ("u", "shapesys", [5.0, 6.0]))]},
        {"c": [55.0, 75.0]},
        [{"name": "mu", "bounds": [[0, 20]], "inits": [0.5]}, {"name": "n", "auxdata": [0.3]}, {"name": "k", "fixed": True, "inits": [1.1]},
         {"name": "u", "bounds": [[0.1, 5.0], [0.2, 6.0]]}]),
    "negative signal allowed": workspace({"c": [SIGNAL, sample("b", [50.0, 60.0], ("n", "normsys", {"lo": 0.9, "hi": 1.1}))]}, {"c": [47.0, 55.0]},
                                         [{"name": "mu", "bounds": [[-4.0, 10.0]]}]),
    "no parameter of interest": workspace({"c": [SIGNAL, sample("b", [50.0, 60.0], ("n", "normsys", {"lo": 0.9, "hi": 1.1}))]}, {"c": [53.0, 65.0]}, poi=""),
    "everything": workspace(
        {
            "sr": [
                sample("signal", [5.0, 10.0, 2.0], MU, ("lumi", "lumi", None), ("n1", "normsys", {"lo": 0.8, "hi": 1.25})),
                sample("top", [30.0, 20.0, 8.0], ("lumi", "lumi", None), ("h", "histosys", {"lo_data": [28.0, 21.0, 7.0], "hi_data": [33.0, 19.0, 9.5]}),
                       ("s_sr", "staterror", [2.0, 1.5, 1.0]), ("ktop", "normfactor", None)),
                sample("fakes", [4.0, 6.0, 3.0], ("uf", "shapesys", [1.0, 2.0, 1.0]), ("s_sr", "staterror", [0.5, 0.7, 0.6])),
            ],
            "cr": [
                sample("top", [200.0, 150.0], ("lumi", "lumi", None), ("h", "histosys", {"lo_data": [190.0, 155.0], "hi_data": [211.0, 149.0]}),
                       ("ktop", "normfactor", None), ("n2", "normsys", {"lo": 0.97, "hi": 1.02})),
                sample("qcd", [20.0, 30.0], ("f", "shapefactor", None)),
            ],
        },
        {"sr": [41.0, 38.0, 12.0], "cr": [225.0, 177.0]}, [LUMI, {"name": "ktop", "bounds": [[0.2, 4.0]]}]),
}

#: Those with a parameter of interest whose lower bound is zero.
TESTABLE = [name for name in WORKSPACES if name not in ("no parameter of interest", "negative signal allowed")]


#: Signals that are seen: cabinetry's ranking moves all parameters by their uncertainties, which have to stay within bounds.
SEEN = {
    "one channel": workspace({"c": [sample("signal", [20.0, 40.0], MU), sample("b", [50.0, 60.0], ("u", "shapesys", [5.0, 6.0]),
                                                                                ("n", "normsys", {"lo": 0.9, "hi": 1.1}))]}, {"c": [73.0, 104.0]}),
    "two channels": workspace(
        {
            "sr": [sample("signal", [10.0, 25.0, 8.0], MU, ("lumi", "lumi", None), ("n1", "normsys", {"lo": 0.9, "hi": 1.12})),
                   sample("top", [30.0, 20.0, 8.0], ("lumi", "lumi", None), ("h", "histosys", {"lo_data": [28.0, 21.0, 7.0], "hi_data": [33.0, 19.0, 9.5]}),
                          ("s_sr", "staterror", [2.0, 1.5, 1.0]), ("ktop", "normfactor", None))],
            "cr": [sample("top", [200.0, 150.0], ("lumi", "lumi", None), ("h", "histosys", {"lo_data": [190.0, 155.0], "hi_data": [211.0, 149.0]}),
                          ("ktop", "normfactor", None), ("n2", "normsys", {"lo": 0.97, "hi": 1.02}))],
        },
        {"sr": [43.0, 48.0, 17.0], "cr": [210.0, 149.0]}, [LUMI]),
}
