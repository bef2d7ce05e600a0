# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The command line: python -m relume.compat.pyhf."""

from __future__ import annotations

import logging
from typing import Any

import click

from .. import utils
from .._version import __version__
from ..contrib import cli as contrib
from . import complete, infer, patchset, rootio, spec

logging.basicConfig()
log = logging.getLogger("pyhf.cli.cli")


def _print_citation(ctx: Any, param: Any, value: Any) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(utils.citation())
        ctx.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version=__version__, prog_name="pyhf")
@click.option("--cite", "--citation", help="Print the bibtex citation for this software", default=False, is_flag=True, callback=_print_citation,
              expose_value=False, is_eager=True)
def pyhf() -> None:
    """pyhf's command line on relume's engine."""


for command in (rootio.json2xml, rootio.xml2json, spec.inspect, spec.prune, spec.rename, spec.combine, spec.digest, spec.sort, infer.fit, infer.cls,
                patchset.cli, complete.cli, contrib.cli):
    pyhf.add_command(command)
