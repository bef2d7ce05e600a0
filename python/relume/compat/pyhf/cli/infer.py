# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Commands that fit and test."""

from __future__ import annotations

from typing import Any

import click

from ..infer import hypotest, mle
from ..workspace import Workspace
from . import documents


@click.group(name="infer")
def cli() -> None:
    """Inference."""


def _model(workspace: str, measurement: str | None, patch: tuple[str, ...]) -> tuple[list[float], Any]:
    ws = Workspace(documents.read(workspace))
    model = ws.model(measurement_name=measurement, patches=[documents.read(name) for name in patch])
    return ws.data(model), model


@cli.command()
@documents.workspace_argument()
@click.option("--value", help="Flag for returning the fitted value of the objective function.", default=False, is_flag=True)
@documents.fit_options
def fit(workspace: str, output_file: str | None, measurement: str | None, patch: tuple, value: bool, backend: str, optimizer: str, optconf: tuple) -> None:
    """Maximum-likelihood fit of a workspace to its data."""
    documents.choose(backend, optimizer, optconf)
    data, model = _model(workspace, measurement, patch)
    parameters, fitted = mle.fit(data, model, return_fitted_val=True)
    result: dict[str, Any] = {"mle_parameters": {name: parameters[entry["slice"]].tolist() for name, entry in model.config.par_map.items()}}
    if value:
        result["twice_nll"] = float(fitted)
    documents.write(result, output_file)


@cli.command()
@documents.workspace_argument()
@click.option("--test-poi", default=1.0, help="The signal strength to test.")
@click.option("--test-stat", type=click.Choice(["q", "qtilde"]), default="qtilde")
@click.option("--calctype", type=click.Choice(["asymptotics", "toybased"]), default="asymptotics")
@documents.fit_options
def cls(workspace: str, output_file: str | None, measurement: str | None, patch: tuple, test_poi: float, test_stat: str, backend: str, optimizer: str,
        calctype: str, optconf: tuple) -> None:
    """Observed and expected CLs of a signal strength."""
    data, model = _model(workspace, measurement, patch)
    documents.choose(backend, optimizer, optconf)
    observed, band = hypotest(test_poi, data, model, test_stat=test_stat, calctype=calctype, return_expected_set=True)
    documents.write({"CLs_obs": float(observed), "CLs_exp": [float(p) for p in band]}, output_file)
