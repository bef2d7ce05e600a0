# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Whatever it is fed, the program says what is wrong and where, writes nothing else, and ends soon.

Every case: exit code 2 with the place of each problem on standard error (a JSON pointer where there is a document), nothing on
standard output, no output file. Where a change leaves a valid workspace: 0, or 3 with a status. Never a signal, never 4.
"""

import bz2
import copy
import gzip
import io
import json
import os
import pathlib
import random
import re
import resource
import subprocess
import tarfile
import time
import zipfile

import pytest
import small_search

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent.parent
SECONDS = 10  # for any input at all; under sanitizers on a busy machine too
MEGABYTE = 1 << 20
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def with_everything():
    """A workspace with all modifier types, every key of a parameter, and two measurements."""
    workspace = small_search.background_only()
    samples = workspace["channels"][0]["samples"]
    samples.append(small_search.signal_patch([4.0, 2.8])[0]["value"])
    samples[1]["modifiers"] += [small_search.modifier("lumi", "lumi"), small_search.modifier("free", "shapefactor")]
    workspace["measurements"][0]["config"]["parameters"] += [
        {"name": "lumi", "auxdata": [1.0], "sigmas": [0.02], "inits": [1.0], "bounds": [[0.5, 1.5]], "fixed": False},
        {"name": "fakes_SR", "factors": [9.0, 3.0]}]
    workspace["measurements"].append({"name": "other", "config": {"poi": "", "parameters": []}})
    return workspace


TEXT = json.dumps(with_everything())


def replaced(old, new):
    assert old in TEXT
    return TEXT.encode().replace(old.encode(), new if isinstance(new, bytes) else new.encode(), 1)


class Program:
    def __init__(self, relume, folder):
        self.relume, self.folder = relume, folder

    def write(self, content, name="input.json"):
        path = self.folder / name
        if not isinstance(content, bytes):
            content = (content if isinstance(content, str) else json.dumps(content)).encode()
        path.write_bytes(content)
        return path

    def run(self, *arguments, **options):
        result = self.relume(*arguments, timeout=SECONDS, errors="surrogateescape", **options)
        assert result.returncode in (0, 2, 3), f"exit code {result.returncode}: {result.stderr}"
        if result.returncode == 2:
            assert result.stdout == ""
            lines = result.stderr.splitlines()
            assert lines and all(line.startswith("relume: ") for line in lines), result.stderr
            assert not CONTROL.search(result.stderr), repr(result.stderr)
        return result

    def refuses(self, *arguments, **options):
        """Runs with and without an output file; returns the complaints."""
        result = self.run(*arguments, **options)
        assert result.returncode == 2, result.stdout
        output = self.folder / "output" / "result.json"
        output.parent.mkdir(exist_ok=True)
        output.write_text("as it was", encoding="utf-8")
        assert self.run(*arguments, "--output-file", output, **options).returncode == 2
        assert list(output.parent.iterdir()) == [output] and output.read_text(encoding="utf-8") == "as it was"
        return result.stderr


@pytest.fixture
def program(relume, tmp_path):
    return Program(relume, tmp_path)


def test_the_workspace_itself_is_good(program):
    assert program.run("cls", program.write(with_everything())).returncode == 0


# ---------------------------------------------------------------------- bytes

@pytest.mark.parametrize("length", [0, 1, 2, 3, *range(10, len(TEXT), len(TEXT) // 40), len(TEXT) - 2, len(TEXT) - 1])
def test_truncated_files(program, length):
    complaint = program.refuses("fit", program.write(TEXT[:length]))
    assert re.search(r"input\.json:\d+:\d+: ", complaint)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_truncated_at_every_byte(program, part):
    for length in range(part, len(TEXT), 10):
        assert program.run("inspect", program.write(TEXT[:length])).returncode == 2


OTHER_FILES = {
    "a patchset": (small_search.patchset(small_search.background_only(), 1), "--patchset"),
    "a JSON Patch": (small_search.signal_patch([4.0, 2.8]), "--patch"),
    "a signal file": ({"format": "relume-signal", "version": 1, "name": "s", "samples": []}, "--signal"),
    "an HS3 document": ({"distributions": [], "likelihoods": [], "metadata": {"hs3_version": "0.2"}}, "HS3 is not read yet"),
    "a ROOT file": (b"root\x00\x00\xf2", "text formats"),
    "a HistFactory XML file": (b'<?xml version="1.0"?>\n<!DOCTYPE Combination>', "xml2json"),
    "a datacard of Combine": (b"imax 1\njmax 1\nkmax *\n", "datacards"),
}


@pytest.mark.parametrize("what", OTHER_FILES)
def test_files_of_other_kinds_are_called_by_their_name(program, what):
    content, hint = OTHER_FILES[what]
    complaints = program.refuses("cls", program.write(content)).splitlines()
    assert len(complaints) == 1 and f"this is {what}" in complaints[0] and hint in complaints[0]


NO_WORKSPACES = {
    "empty": b"",
    "white space": b"   \n\t ",
    "byte order mark": b"\xef\xbb\xbf",
    "zero byte": b"\x00",
    "UTF-16": TEXT.encode("utf-16"),
    "all bytes": bytes(range(256)) * 40,
    "noise": random.Random(5).randbytes(100_000),
    "noise after the magic of gzip": b"\x1f\x8b\x08" + random.Random(6).randbytes(1000),
    "magic of gzip": b"\x1f\x8b",
    "noise after the magic of zip": b"PK\x03\x04" + random.Random(7).randbytes(1000),
    "noise after the magic of bzip2": b"BZh9" + random.Random(8).randbytes(1000),
    "noise after the magic of xz": b"\xfd7zXZ\x00" + random.Random(9).randbytes(1000),
    "noise after the magic of zstd": b"\x28\xb5\x2f\xfd" + random.Random(10).randbytes(1000),
    "noise after the magic of 7-Zip": b"7z\xbc\xaf\x27\x1c" + random.Random(11).randbytes(1000),
    "byte 0xff in a name": replaced('"SR"', b'"S\xff"'),
    "surrogate in UTF-8": replaced('"SR"', b'"S\xed\xa0\x80"'),
    "overlong UTF-8": replaced('"SR"', b'"S\xc0\xaf"'),
    "half of a surrogate pair": replaced('"SR"', r'"S\ud800"'),
    "line break in a name": replaced('"SR"', '"S\n"'),
    "unknown escape": replaced('"SR"', r'"S\x41"'),
    "something after the end": TEXT.encode() + b"x",
    "two documents": TEXT.encode() + b"\n" + TEXT.encode(),
    **{f"number {n}": replaced("12.0", n) for n in (
        "NaN", "nan", "-NaN", "Infinity", "-Infinity", "inf", "1e400", "-1e400", "9" * 400, "0x10", "012", "+12", "12.", ".5", "1e", "1e+", "--1",
        "1_000", "1,5", "True", "None", "'12'")},
    "two commas": replaced("12.0,", "12.0,,"),
    "comma at the end": replaced("12.0, 4.0]", "12.0, 4.0,]"),
    "comment": replaced("12.0", "12.0 /* twelve */"),
    "duplicate key": replaced('"version": "1.0.0"', '"version": "1.0.0", "version": "1.0.0"'),
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep value in a workspace": replaced("12.0", "[" * 500 + "1" + "]" * 500),
    "a list": b"[]",
    "150 lists": b"[" * 150 + b"]" * 150,
    "a number": b"1",
    "a string": b'"workspace"',
    "null": b"null",
}


@pytest.mark.parametrize("name", NO_WORKSPACES)
def test_bytes_that_are_no_workspace(program, name):
    path = program.write(NO_WORKSPACES[name])
    for arguments in (["cls", path], ["sort", path], ["fit", program.write(TEXT, "good.json"), "--patch", path],
                      ["limit", program.folder / "good.json", "--signal", path]):
        if name == "a list" and "--patch" in arguments:
            continue  # a patch of no operations
        assert "input.json" in program.refuses(*arguments)


def test_control_characters_of_a_file_do_not_reach_the_terminal(program):
    workspace = with_everything()
    workspace["channels"][0]["name"] = "\x1b[31mred\x07\x00"
    workspace["observations"][0]["name"] = "\x1b]0;title\x07"
    program.refuses("fit", program.write(workspace))
    workspace = with_everything()
    workspace["\x1b[2J"] = 1
    program.refuses("fit", program.write(workspace))


def generated(arguments, piece, size, before=b"", after=b""):
    """Feeds the program through a pipe for as long as it reads; returns it with what was written and its peak memory."""
    program = os.environ.get("RELUME_CLI", str(CHECKOUT / "build" / "relume"))
    process = subprocess.Popen([program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    block, written = piece * (65536 // len(piece)), 0
    try:
        process.stdin.write(before)
        while written < size:
            written += process.stdin.write(block)
        process.stdin.write(after)
        process.stdin.close()
    except BrokenPipeError:
        pass
    output, complaint = process.stdout.read(), process.stderr.read().decode()
    process.stdout.close()
    process.stderr.close()
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0  # it has been waited for
    return output, complaint, written, usage.ru_maxrss * 1024


@pytest.mark.parametrize("before, piece", [(b"", b"["), (b"", b'{"a":'), (b"", b"[0,"), (b'{"channels":', b"["), (b"", b'"'), (b"", b"0"),
                                           (TEXT.encode(), b"x")], ids=repr)
def test_a_gigabyte_through_a_pipe(before, piece):
    """What cannot become a document any more is not read to its end."""
    start = time.monotonic()
    output, complaint, written, memory = generated(["fit", "-"], piece, 1024 * MEGABYTE, before)
    assert output == b"" and re.fullmatch(r"relume: <standard input>:1:\d+: .*\n", complaint)
    assert written < 16 * MEGABYTE and time.monotonic() - start < SECONDS
    assert memory < 256 * MEGABYTE  # sanitizers have a share in it


def test_a_long_stream_that_is_a_workspace(program):
    """More than a first look at it."""
    assert len(TEXT) < 2 * MEGABYTE
    padded = " " * (2 * MEGABYTE) + TEXT
    assert program.run("cls", "-", input=padded).returncode == 0
    assert program.run("cls", program.write(gzip.compress(padded.encode()), "padded.json.gz")).returncode == 0
    assert "ends too early" in program.run("cls", "-", input=padded[:-1]).stderr


# ---------------------------------------------------------------------- files and archives

def test_files_that_cannot_be_read(program, tmp_path):
    assert "none.json" in program.refuses("fit", tmp_path / "none.json")
    assert "is a directory" in program.refuses("fit", tmp_path)
    assert "none.json" in program.refuses("fit", program.write(TEXT), "--patch", tmp_path / "none.json")
    assert "none.json" in program.refuses("limit", program.write(TEXT), "--signal", tmp_path / "none.json")
    assert "none.json" in program.refuses("limit", program.write(TEXT), "--patchset", tmp_path / "none.json")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission(program):
    path = program.write(TEXT)
    path.chmod(0)
    assert "ermission" in program.refuses("fit", path)


def packed(kind, members):
    data = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
    else:
        with tarfile.open(fileobj=data, mode="w:gz") as archive:
            for name, content in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return data.getvalue()


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_archives(program, kind):
    members = {"likelihoods/BkgOnly.json": TEXT.encode(), "likelihoods/README": b"hello", "bad.json": b'{"channels": ['}
    path = program.write(packed(kind, members), f"archive.{kind}")
    assert program.run("cls", f"{path}::likelihoods/BkgOnly.json").returncode == 0
    assert "likelihoods/BkgOnly.json" in program.refuses("cls", path)
    assert "likelihoods/BkgOnly.json" in program.refuses("cls", f"{path}::BkgOnly.json")
    assert f"archive.{kind}::bad.json:1:" in program.refuses("cls", f"{path}::bad.json")
    assert f"archive.{kind}::likelihoods/README:1:" in program.refuses("cls", f"{path}::likelihoods/README")
    assert "empty" in program.refuses("cls", f"{program.write(packed(kind, {}), f'empty.{kind}')}::BkgOnly.json")


def test_a_member_of_a_file_that_is_no_archive(program):
    path = program.write(TEXT)
    program.refuses("cls", f"{path}::BkgOnly.json")
    path = program.write(gzip.compress(TEXT.encode()), "compressed.json.gz")
    program.refuses("cls", f"{path}::BkgOnly.json")


@pytest.mark.parametrize("kind, data", [("zip", packed("zip", {"a.json": TEXT})), ("tar.gz", packed("tar.gz", {"a.json": TEXT.encode()})),
                                        ("gz", gzip.compress(TEXT.encode())), ("bz2", bz2.compress(TEXT.encode()))],
                         ids=["zip", "tar.gz", "gz", "bz2"])
def test_damaged_archives(program, kind, data):
    """Cut off, or with a byte changed: refused, or read as it was where the byte does not matter."""
    rng = random.Random(kind)
    for i in range(30):
        damaged = bytearray(data)
        if i % 2:
            damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
        else:
            del damaged[rng.randrange(len(damaged)):]
        path = program.write(bytes(damaged), f"damaged.{kind}")
        program.run("inspect", f"{path}::a.json" if kind in ("zip", "tar.gz") else path)


def test_a_small_file_that_unpacks_to_gigabytes(program):
    """Brackets are refused when enough of them have been unpacked; nothing takes long."""
    level = 1
    bomb = gzip.compress(b"[" * (64 * MEGABYTE), level)
    path = program.write(b"".join([bomb] * 40), "bomb.json.gz")  # members of one gzip file follow each other
    start = time.monotonic()
    assert "nested deeper" in program.refuses("fit", path)
    assert "bomb.json.gz" in program.refuses("fit", program.write(gzip.compress(path.read_bytes()), "twice.bomb.json.gz"))
    assert time.monotonic() - start < SECONDS


# ---------------------------------------------------------------------- documents

def nodes(document, path=()):
    """Every place in a document."""
    yield path
    children = document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    for key, child in children:
        yield from nodes(child, (*path, key))


def at(document, path):
    for key in path:
        document = document[key]
    return document


def changed(document, path, value):
    if not path:
        return value
    document = copy.deepcopy(document)
    at(document, path[:-1])[path[-1]] = value
    return document


def without(document, path):
    document = copy.deepcopy(document)
    del at(document, path[:-1])[path[-1]]
    return document


def pointer(path):
    return "#" + "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in path)


def accepted_or_refused_with_a_pointer(program, document):
    """0, 3 with a status, or complaints of which each names a place in the document."""
    result = program.run("cls", program.write(json.dumps(document)))
    if result.returncode == 2:
        # The POI may also come from a patch or an option, so its absence is no fault of the file's; and what has no key of a workspace
        # is none.
        assert all("input.json#" in line or "parameter of interest" in line or "a JSON object with the keys" in line for line in result.stderr.splitlines()), result.stderr
        return
    answer = json.loads(result.stdout)
    assert (result.returncode == 0) == (answer["status"] == "ok")
    if result.returncode == 3:
        assert answer["reason"]


VALUES = [None, True, -1, "x", [], {}]
PLACES = list(nodes(with_everything()))


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("path", PLACES[::6], ids=pointer)
def test_a_wrong_value(program, path, value):
    accepted_or_refused_with_a_pointer(program, changed(with_everything(), path, value))


@pytest.mark.slow
@pytest.mark.parametrize("path", PLACES, ids=pointer)
def test_a_wrong_value_anywhere(program, path):
    for value in [*VALUES, 0, 0.5, 1e308, -1e308, 1e-320, 10**30, "", "mu", "SR", [0], [None], [[]], {"name": "x"}, [1, 2, 3], False]:
        accepted_or_refused_with_a_pointer(program, changed(with_everything(), path, value))
    if path:
        accepted_or_refused_with_a_pointer(program, without(with_everything(), path))


@pytest.mark.parametrize("path", [p for p in PLACES if p][::4], ids=pointer)
def test_something_missing(program, path):
    accepted_or_refused_with_a_pointer(program, without(with_everything(), path))


@pytest.mark.parametrize("path", [p for p in PLACES if isinstance(at(with_everything(), p), dict)][::2], ids=pointer)
def test_an_unknown_key(program, path):
    document = with_everything()
    at(document, path)["smaples"] = 1
    complaint = program.refuses("fit", program.write(document))
    assert "smaples" in complaint and f"input.json{pointer(path)}" in complaint


def edited(edit):
    document = with_everything()
    edit(document)
    return document


def sample(document, i=0):
    return document["channels"][0]["samples"][i]


SEMANTIC = {
    "negative staterror": (lambda d: sample(d)["modifiers"][2]["data"].__setitem__(0, -0.1), "#/channels/0/samples/0/modifiers/2/data/0"),
    "negative shapesys": (lambda d: sample(d, 1)["modifiers"][0]["data"].__setitem__(1, -1), "#/channels/0/samples/1/modifiers/0/data/1"),
    "short staterror": (lambda d: sample(d)["modifiers"][2]["data"].pop(), "#/channels/0/samples/0/modifiers/2/data"),
    "long histosys": (lambda d: sample(d)["modifiers"][0]["data"]["hi_data"].append(1), "#/channels/0/samples/0/modifiers/0/data/hi_data"),
    "short sample": (lambda d: sample(d)["data"].pop(), "#/channels/0/samples/0"),
    "long observation": (lambda d: d["observations"][0]["data"].append(1), "#/observations/0/data"),
    "negative observation": (lambda d: d["observations"][0]["data"].__setitem__(0, -1), "#/observations/0/data/0"),
    "channel twice": (lambda d: d["channels"].append(copy.deepcopy(d["channels"][0])), "#/channels/2"),
    "sample twice": (lambda d: d["channels"][0]["samples"].append(copy.deepcopy(sample(d))), "#/channels/0/samples/3"),
    "modifier twice": (lambda d: sample(d)["modifiers"].append(sample(d)["modifiers"][0]), "#/channels/0/samples/0/modifiers/3"),
    "observation twice": (lambda d: d["observations"].append(d["observations"][0]), "#/observations/2"),
    "measurement twice": (lambda d: d["measurements"].append(d["measurements"][0]), "#/measurements/2"),
    "parameter twice": (lambda d: d["measurements"][0]["config"]["parameters"].append({"name": "mu"}), "#/measurements/0/config/parameters/3"),
    "no observation": (lambda d: d["observations"].pop(0), "'SR'"),
    "normfactor with data": (lambda d: sample(d)["modifiers"][1].__setitem__("data", [1.0]), "#/channels/0/samples/0/modifiers/1/data"),
    "unknown modifier": (lambda d: sample(d)["modifiers"][1].__setitem__("type", "normFactor"), "#/channels/0/samples/0/modifiers/1/type"),
    "negative normsys": (lambda d: d["channels"][1]["samples"][0]["modifiers"][0]["data"].__setitem__("lo", -0.1), "modifiers/0/data/lo"),
    "another version": (lambda d: d.__setitem__("version", "2.0.0"), "#/version"),
    "lumi by another name": (lambda d: sample(d, 1)["modifiers"][1].__setitem__("name", "Lumi"), "#/channels/0/samples/1/modifiers/1"),
    "reversed bounds": (lambda d: d["measurements"][0]["config"]["parameters"][0].__setitem__("bounds", [[10, 0]]),
                        "#/measurements/0/config/parameters/0"),
    "sigma of zero": (lambda d: d["measurements"][0]["config"]["parameters"][1].__setitem__("sigmas", [0.0]), "#/measurements/0/config/parameters/1"),
    "negative sigma": (lambda d: d["measurements"][0]["config"]["parameters"][1].__setitem__("sigmas", [-0.02]), "#/measurements/0/config/parameters/1"),
    "factor of zero": (lambda d: d["measurements"][0]["config"]["parameters"][2].__setitem__("factors", [9.0, 0.0]),
                       "#/measurements/0/config/parameters/2"),
    "too many inits": (lambda d: d["measurements"][0]["config"]["parameters"][0].__setitem__("inits", [1.0, 2.0]),
                       "#/measurements/0/config/parameters/0"),
    "no modifier of that POI": (lambda d: d["measurements"][0]["config"].__setitem__("poi", "mU"), "'mU'"),
}


@pytest.mark.parametrize("name", SEMANTIC)
def test_what_no_model_can_be_built_from(program, name):
    edit, place = SEMANTIC[name]
    assert place in program.refuses("cls", program.write(edited(edit)))


def test_all_problems_are_listed(program):
    edits = ["negative staterror", "short sample", "negative observation", "another version", "unknown modifier"]
    document = with_everything()
    for name in edits:
        SEMANTIC[name][0](document)
    complaint = program.refuses("fit", program.write(document))
    assert all(SEMANTIC[name][1] in complaint for name in edits)


def test_thousands_of_problems_are_not_all_listed(program):
    document = with_everything()
    sample(document)["modifiers"] += [{"name": f"m{i}", "type": "wrong", "data": None} for i in range(5000)]
    lines = program.refuses("fit", program.write(document)).splitlines()
    assert 100 <= len(lines) <= 110 and "4" in lines[-1]


# ---------------------------------------------------------------------- patches, patchsets, signals, parameters

@pytest.mark.parametrize("patch, complaint", [
    ([{"op": "add", "path": "/channels/0/samples/99", "value": {}}], "#/0"),
    ([{"op": "replace", "path": "/channels/7/name", "value": "x"}], "#/0"),
    ([{"op": "remove", "path": "/chanels/0"}], "#/0"),
    ([{"op": "test", "path": "/version", "value": "1.0.1"}], "#/0"),
    ([{"op": "test", "path": "/version", "value": "1.0.0"}, {"op": "move", "from": "/none", "path": "/version"}], "#/1"),
    ([{"op": "copy", "from": "/channels/0", "path": "/channels/0/samples/0"}], "#/channels/0/samples/0"),
    ([{"op": "move", "from": "/channels", "path": "/channels/0/samples/0"}], "#/0"),
    ([{"op": "remove", "path": ""}], "#"),
    ([{"op": "replace", "path": "", "value": []}], "#"),
    ([{"op": "add", "path": "channels/0", "value": 1}], "#/0"),
    ([{"op": "add", "path": "/channels/-1", "value": 1}], "#/0"),
    ([{"op": "add", "path": "/channels/00", "value": 1}], "#/0"),
    ([{"op": "add", "path": "/channels/18446744073709551616", "value": 1}], "#/0"),
    ([{"op": "add", "path": "/channels/~2", "value": 1}], "#/0"),
    ([{"op": "ad", "path": "/version", "value": 1}], "#/0"),
    ([{"path": "/version", "value": 1}], "#/0"),
    ([{"op": "add", "value": 1}], "#/0"),
    ([{"op": "add", "path": "/version"}], "#/0"),
    ([{"op": "add", "path": "/version", "value": "1.0.0"}, 5], "#/1"),
    ([{"op": "add", "path": "/surprise", "value": 1}], "surprise"),
    ({}, "patch.json: "),
    ("patch", "patch.json: "),
    (None, "patch.json: "),
])
def test_patches_that_do_not_apply(program, patch, complaint):
    assert complaint in program.refuses("cls", program.write(TEXT), "--patch", program.write(json.dumps(patch), "patch.json"))


@pytest.mark.parametrize("path", list(nodes(small_search.patchset(small_search.background_only(), 1)))[::3], ids=pointer)
def test_mutated_patchsets(program, path):
    background = program.write(small_search.background_only(), "background.json")
    original = small_search.patchset(small_search.background_only(), 1)
    for value in VALUES:
        patchset = program.write(json.dumps(changed(original, path, value)), "patchset.json")
        for command in (["patchset", "apply", background, patchset, "--name", "point_0"], ["cls", background, "--patchset", patchset]):
            result = program.run(*command)
            assert result.returncode != 2 or "#" in result.stderr or "patchset.json" in result.stderr


def test_a_wrong_digest(program):
    background = small_search.background_only()
    patchset = small_search.patchset(background, 1)
    background["observations"][0]["data"][0] += 1
    paths = program.write(background, "background.json"), program.write(patchset, "patchset.json")
    for command in ("verify", "apply"):
        name = ["--name", "point_0"] if command == "apply" else []
        assert "sha256" in program.run("patchset", command, *paths, *name).stderr


@pytest.mark.parametrize("path", list(nodes(small_search.signal_file()))[::2], ids=pointer)
def test_mutated_signal_files(program, path):
    background = program.write(small_search.background_only(), "background.json")
    for value in VALUES:
        signal = json.dumps(changed(small_search.signal_file(), path, value))
        result = program.run("cls", background, "--signal", program.write(signal, "signal.json"))
        assert result.returncode != 2 or all("signal.json" in line or "signal '" in line for line in result.stderr.splitlines()), result.stderr


@pytest.mark.parametrize("point", [[], 1, {"mu": []}, {"mu": None}, {"mu": [1, 2]}, {"mu": {}}, {"none": 1}, {"mu": "1"}, {"mu": True}, {"mu": [[1]]}, {"": 1}])
def test_points_that_are_none(program, point):
    assert "point.json" in program.refuses("nll", program.write(TEXT), "--parameters", program.write(json.dumps(point), "point.json"))


# ---------------------------------------------------------------------- output

def test_output_that_cannot_be_written(program, tmp_path):
    path = program.write(TEXT)
    for output in (tmp_path / "none" / "result.json", tmp_path):
        result = program.run("fit", path, "--output-file", output)
        assert result.returncode == 2 and str(output) in result.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full, the file that is always full")
def test_a_full_disk(program):
    result = program.run("fit", program.write(TEXT), "--output-file", "/dev/full")
    assert result.returncode == 2 and "cannot be written" in result.stderr


def test_a_file_size_limit_leaves_the_old_file(program, tmp_path):
    """What happens on a full disk to a file that is replaced."""
    output = tmp_path / "output" / "sorted.json"
    output.parent.mkdir()
    output.write_text("as it was", encoding="utf-8")

    def limit():
        import signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    result = program.run("sort", program.write(TEXT), "--output-file", output, preexec_fn=limit)
    assert result.returncode == 2 and "cannot be written" in result.stderr
    assert list(output.parent.iterdir()) == [output] and output.read_text(encoding="utf-8") == "as it was"
