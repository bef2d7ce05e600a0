# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Commands on patchsets."""

from __future__ import annotations

import click

from ..patchset import PatchSet
from ..workspace import Workspace
from . import documents

_name = click.option("--name", help="The name of the patch to extract.", default=None)


@click.group(name="patchset")
def cli() -> None:
    """Operations involving patchsets."""


@cli.command()
@documents.workspace_argument("patchset")
@_name
@documents.output_file
@click.option("--with-metadata/--without-metadata", default=False, help="Include patchset metadata in output.")
def extract(patchset: str, name: str | None, output_file: str | None, with_metadata: bool) -> None:
    """One patch."""
    patches = PatchSet(documents.read(patchset))
    patch = patches[name]
    documents.write({"metadata": {**patch.metadata, **patches.metadata}, "patch": patch.patch} if with_metadata else patch.patch, output_file)


@cli.command()
@documents.workspace_argument("background-only")
@documents.workspace_argument("patchset")
@_name
@documents.output_file
def apply(background_only: str, patchset: str, name: str | None, output_file: str | None) -> None:
    """The verified workspace with a patch applied."""
    ws = Workspace(documents.read(background_only))
    documents.write(PatchSet(documents.read(patchset)).apply(ws, name), output_file)


@cli.command()
@documents.workspace_argument("background-only")
@documents.workspace_argument("patchset")
def verify(background_only: str, patchset: str) -> None:
    """Whether the patchset is for this workspace, by its digests."""
    ws = Workspace(documents.read(background_only))
    PatchSet(documents.read(patchset)).verify(ws)
    click.echo("All good.")


@cli.command()
@documents.workspace_argument("patchset")
def inspect(patchset: str) -> None:
    """Names of the patches."""
    patches = PatchSet(documents.read(patchset))
    click.echo(f"\n    {len(patches)} patches found in Patchset")
    click.echo("---------------------------------\n")
    for patch in patches:
        click.echo(patch.name)
