# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Commands that look at workspaces and edit them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

from .. import modifiers, utils
from ..workspace import Workspace
from . import documents

_KINDS = (("channel", "-c"), ("sample", "-s"), ("modifier", "-m"))


@click.group(name="spec")
def cli() -> None:
    """Specifications."""


def _summary(ws: Workspace) -> dict[str, Any]:
    model = ws.model()
    constraints = sorted((name, type(entry["paramset"]).__name__) for name, entry in model.config.par_map.items())
    return {
        "samples": ws.samples,
        "channels": list(ws.channel_nbins.items()),
        "modifiers": dict(ws.modifiers),
        "parameters": constraints,
        "systematics": [(name, constraint, [t for n, t in ws.modifiers if n == name]) for name, constraint in constraints],
        "measurements": [(m["name"], m["config"]["poi"], [p["name"] for p in m["config"]["parameters"]]) for m in ws["measurements"]],
    }


def _tables(summary: dict[str, Any], default_measurement: str) -> str:
    """The summary in words: counts, then one table each for channels, samples, parameters and measurements."""
    names = [*(c for c, _ in summary["channels"]), *summary["samples"], *(p for p, _ in summary["parameters"]), *(m[0] for m in summary["measurements"])]
    width = max(map(len, names))
    wide = width + len("Summary")
    dashes, dash = "-" * 10, "-" * 5
    lines = [f"{'     Summary     ':>{wide}}  ", f"{'-' * 18:>{wide}}  "]
    lines += [f"{key:>{width}}  {len(summary[key])}" for key in ("channels", "samples", "parameters", "modifiers")]
    lines += ["", f"{'channels':>{width}}  {'nbins':^5}", f"{dashes:>{width}}  {dash:^5}"]
    lines += [f"{name:>{width}}  {n_bins!s:^5}" for name, n_bins in summary["channels"]]
    lines += ["", f"{'samples':>{width}}", f"{dashes:>{width}}", *(f"{name:>{width}}" for name in summary["samples"])]
    lines += ["", f"{'parameters':>{width}}  {'constraint':<22}  modifiers", f"{dashes:>{width}}  {dashes:<22}  {dashes}"]
    lines += [f"{name:>{width}}  {constraint:<22}  {','.join(sorted(set(types)))}" for name, constraint, types in summary["systematics"]]
    lines += ["", f"{'measurement':>{width}}  {'poi':^22}  parameters", f"{dashes:>{width}}  {dashes:^22}  {dashes}"]
    for name, poi, parameters in summary["measurements"]:
        shown = f"(*) {name}" if name == default_measurement else name
        lines.append(f"{shown:>{width}}  {poi:^22}  {','.join(parameters) or '(none)'}")
    return "\n".join([*lines, ""])


@cli.command()
@documents.workspace_argument()
@documents.output_file
@click.option("--measurement", default=None)
def inspect(workspace: str, output_file: str | None, measurement: str | None) -> None:
    """Summary of a workspace."""
    ws = Workspace(documents.read(workspace))
    summary = _summary(ws)
    click.echo(_tables(summary, ws.get_measurement()["name"]))
    if output_file:
        documents.write(summary, output_file)


def _named(kind: type | click.Tuple, metavar: str) -> Callable:
    """One option per kind of object that can be named, and may be repeated."""

    def add(command: Callable) -> Callable:
        for name, short in reversed(_KINDS):
            command = click.option(short, f"--{name}", default=[], multiple=True, type=kind, metavar=metavar.format(name.upper()))(command)
        return click.option("--measurement", default=[], multiple=True, type=kind, metavar=metavar.format("MEASUREMENT"))(command)

    return add


@cli.command()
@documents.workspace_argument()
@documents.output_file
@_named(str, "<{}>...")
@click.option("-t", "--modifier-type", default=[], multiple=True, type=click.Choice(list(modifiers.histfactory_set)))
def prune(workspace: str, output_file: str | None, channel: tuple, sample: tuple, modifier: tuple, modifier_type: tuple, measurement: tuple) -> None:
    """The workspace without what is named."""
    ws = Workspace(documents.read(workspace))
    documents.write(ws.prune(channels=channel, samples=sample, modifiers=modifier, modifier_types=modifier_type, measurements=measurement), output_file)


@cli.command()
@documents.workspace_argument()
@documents.output_file
@_named(click.Tuple([str, str]), "<PATTERN> <REPLACE>...")
def rename(workspace: str, output_file: str | None, channel: tuple, sample: tuple, modifier: tuple, measurement: tuple) -> None:
    """The workspace with new names."""
    ws = Workspace(documents.read(workspace))
    documents.write(ws.rename(channels=dict(channel), samples=dict(sample), modifiers=dict(modifier), measurements=dict(measurement)), output_file)


@cli.command()
@documents.workspace_argument("workspace-one")
@documents.workspace_argument("workspace-two")
@click.option("-j", "--join", default="none", type=click.Choice(Workspace.valid_joins), help="The join operation to apply when combining the two workspaces.")
@documents.output_file
@click.option("--merge-channels/--no-merge-channels", help="Whether or not to deeply merge channels. Can only be done with left/right outer joins.",
              default=False)
def combine(workspace_one: str, workspace_two: str, join: str, output_file: str | None, merge_channels: bool) -> None:
    """Two workspaces in one."""
    one, two = Workspace(documents.read(workspace_one)), Workspace(documents.read(workspace_two))
    documents.write(Workspace.combine(one, two, join=join, merge_channels=merge_channels), output_file)


@cli.command()
@documents.workspace_argument()
@click.option("-a", "--algorithm", default=["sha256"], multiple=True, help="The hashing algorithm used to compute the workspace digest.")
@click.option("-j/-p", "--json/--plaintext", "output_json", help="Output the hash values as a JSON dictionary or plaintext strings")
def digest(workspace: str, algorithm: tuple, output_json: bool) -> None:
    """Digests of a workspace."""
    ws = Workspace(documents.read(workspace))
    digests = {name: utils.digest(ws, algorithm=name) for name in algorithm}
    click.echo(json.dumps(digests, indent=4, sort_keys=True) if output_json else "\n".join(f"{name}:{value}" for name, value in digests.items()))


@cli.command()
@documents.workspace_argument()
@documents.output_file
def sort(workspace: str, output_file: str | None) -> None:
    """The workspace with all lists in alphabetical order."""
    documents.write(Workspace.sorted(Workspace(documents.read(workspace))), output_file)
