# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Commands from and to ROOT's XML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..utils import VolumeMountPath
from . import documents


@click.group(name="rootio")
def cli() -> None:
    """ROOT's files."""


@cli.command()
@click.argument("entrypoint-xml", type=click.Path(exists=True))
@click.option("--basedir", help="The base directory for the XML files to point relative to.", type=click.Path(exists=True), default=".")
@click.option("-v", "--mount", type=VolumeMountPath(exists=True, resolve_path=True, path_type=Path), default=None, multiple=True,
              help="HOST:PATH, where files that the XML says are below PATH are to be found below HOST.")
@documents.output_file
@click.option("--track-progress/--hide-progress", default=True)
@click.option("--validation-as-error/--validation-as-warning", default=True)
def xml2json(entrypoint_xml: str, basedir: str, mount: Any, output_file: str | None, track_progress: bool, validation_as_error: bool) -> None:
    """The workspace of an XML file."""
    from .. import readxml

    documents.write(readxml.parse(entrypoint_xml, basedir, mounts=mount, track_progress=track_progress, validation_as_error=validation_as_error),
                    output_file)


@cli.command()
@documents.workspace_argument()
@click.option("--output-dir", type=click.Path(exists=True), default=".")
@click.option("--specroot", default="config")
@click.option("--dataroot", default="data")
@click.option("--resultprefix", default="FitConfig")
@click.option("-p", "--patch", multiple=True)
def json2xml(workspace: str, output_dir: str, specroot: str, dataroot: str, resultprefix: str, patch: tuple) -> None:
    """XML and ROOT files of a workspace."""
    import jsonpatch

    from .. import writexml

    spec = documents.read(workspace)
    for name in patch:
        spec = jsonpatch.JsonPatch(documents.read(name)).apply(spec)
    output = Path(output_dir)
    for folder in (specroot, dataroot):
        (output / folder).mkdir(parents=True, exist_ok=True)
    (output / f"{resultprefix}.xml").write_bytes(writexml.writexml(spec, output / specroot, output / dataroot, resultprefix))
