# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Downloads of published likelihoods."""

from __future__ import annotations

import io
import shutil
import tarfile
import zipfile
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from .. import exceptions

__all__ = ["download"]

_TRUSTED_HOSTS = ("www.hepdata.net", "doi.org")


def __dir__() -> list[str]:
    return __all__


def _fetch(url: str) -> bytes:
    try:
        with urlopen(Request(url, headers={"Accept": "application/x-tar, application/zip"})) as response:  # noqa: S310 (the host was checked)
            return response.read()
    except HTTPError as error:
        raise exceptions.InvalidArchive(f"{url} gives a response code of {error.code}.\nThere is either something temporarily wrong with the archive host"
                                        f" or {url} is an invalid URL.") from error


def download(archive_url: str, output_directory: Any, force: bool = False, compress: bool = False) -> None:
    """Downloads an archive (tar or zip) and unpacks it into a folder; with `compress` keeps it as it is, under that name.

    Raises InvalidArchiveHost for other hosts than HEPData, unless `force`; InvalidArchive for what is no archive.
    """
    host = urlsplit(archive_url).netloc
    if not force and host not in _TRUSTED_HOSTS:
        raise exceptions.InvalidArchiveHost(f"{host} is not an approved archive host: {', '.join(_TRUSTED_HOSTS)}\n"
                                            "To download an archive from this host use the --force option.")
    content = _fetch(archive_url)
    output = Path(output_directory)
    if compress:
        output.write_bytes(content)
        return
    try:
        with tarfile.open(mode="r:*", fileobj=io.BytesIO(content)) as archive:
            archive.extractall(output, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
            return
    except tarfile.ReadError:
        if not zipfile.is_zipfile(io.BytesIO(content)):
            raise exceptions.InvalidArchive(f"The archive downloaded from {archive_url} is not a tarfile or a zipfile and so can not be opened as"
                                            " one.") from None
    if output.exists():
        shutil.rmtree(output)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(output)
    # HEPData's zip files have one folder with everything in it, which is what was meant by the output folder.
    inner = list(output.iterdir())
    if len(inner) == 1 and inner[0].is_dir():
        aside = output.parent / f"{output.name}__tmp__"
        inner[0].replace(aside)
        shutil.rmtree(output)
        aside.replace(output)
