# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Commands of contrib."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["download"]


def __dir__() -> list[str]:
    return __all__


@click.group(name="contrib")
def cli() -> None:
    """Contributed operations."""


@cli.command()
@click.argument("archive-url")
@click.argument("output-directory")
@click.option("-v", "--verbose", is_flag=True, help="Enables verbose mode")
@click.option("-f", "--force", is_flag=True, help="Force download from non-approved host")
@click.option("-c", "--compress", is_flag=True, help="Keep the archive in a compressed tar.gz form")
def download(archive_url: str, output_directory: str, verbose: bool, force: bool, compress: bool) -> None:
    """Downloads an archive and unpacks it."""
    from . import utils

    utils.download(archive_url, output_directory, force, compress)
    if verbose:
        click.echo("\n".join(str(path) for path in Path(output_directory).glob("*")))
