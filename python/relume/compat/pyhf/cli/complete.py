# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Completion in shells."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command(help="Generate shell completion code.", name="completions")
@click.argument("shell", required=False, default="bash")
def cli(shell: str) -> None:
    # Differs from pyhf: click makes the code itself, nothing else has to be installed.
    from .cli import pyhf

    maker = get_completion_class(shell)
    if maker is None:
        raise click.BadParameter(f"{shell}: bash, zsh and fish are known")
    click.echo(maker(pyhf, {}, "pyhf", "_PYHF_COMPLETE").source())
