# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the commands share: documents in, JSON out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import click

from .. import exceptions, optimize, set_backend
from ..tensor.state import get_backend

output_file = click.option("--output-file", help="The location of the output json file. If not specified, prints to screen.", default=None)


def workspace_argument(name: str = "workspace") -> Callable:
    return click.argument(name, default="-")


def read(name: str) -> Any:
    """JSON from a file; "-" for standard input."""
    with click.open_file(name, "r", encoding="utf-8") as stream:
        return json.load(stream)


def write(document: Any, path: str | None) -> None:
    """Onto the screen, or into a file."""
    text = json.dumps(document, indent=4, sort_keys=True)
    if path is None:
        click.echo(text)
        return
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def fit_options(command: Callable) -> Callable:
    """--backend, --optimizer, --optconf, --measurement, --patch and --output-file of commands that fit."""
    from ..utils import EqDelimStringParamType

    for option in (
        click.option("--optconf", type=EqDelimStringParamType(), multiple=True, help="Options of the optimizer, name=value."),
        click.option("--optimizer", type=click.Choice(["scipy", "minuit"]), help="The optimizer used for the calculation.", default="scipy"),
        click.option("--backend", type=click.Choice(["numpy", "pytorch", "tensorflow", "jax", "np", "torch", "tf"]),
                     help="The tensor backend used for the calculation.", default="numpy"),
        click.option("-p", "--patch", multiple=True, help="A JSON Patch on the model; may be repeated."),
        click.option("--measurement", default=None, help="Which measurement; the first by default."),
        output_file,
    ):
        command = option(command)
    return command


def choose(backend: str, optimizer: str, optconf: Sequence[dict[str, Any]]) -> None:
    """Sets backend and optimizer as the options say."""
    name = {"np": "numpy", "torch": "pytorch", "tf": "tensorflow"}.get(backend, backend)
    if name != "numpy":
        set_backend(name, precision="64b")
    options = {key: value for item in optconf for key, value in item.items()}
    maker = getattr(optimize, f"{optimizer}_optimizer")
    if maker is None:
        raise exceptions.InvalidOptimizer(optimizer)
    set_backend(get_backend()[0], maker(**options))
