# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The page of the Python API is fresh, and has what the installed package has: names, members, parameters, each with a word about it.

The page is made from the sources; here it is compared with what Python itself says of the imported package.
"""

import ast
import dataclasses
import importlib
import inspect
import pathlib
import re
import subprocess
import sys

import pytest

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE = CHECKOUT / "docs" / "reference" / "python_api.md"
OPTIONAL = {"relume.plot": "matplotlib", "relume.jax": "jax"}


@pytest.fixture(scope="module")
def page():
    """Sections by their heading."""
    parts = re.split(r"^#+ (.*)\n", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    assert len(sections) == len(parts) // 2
    return sections


@pytest.fixture(params=["relume", "relume.plot", "relume.compat", "relume.jax"])
def module(request):
    if request.param in OPTIONAL:
        pytest.importorskip(OPTIONAL[request.param], reason=f"{request.param} needs {OPTIONAL[request.param]}")
    return importlib.import_module(request.param)


def public(module):
    names = getattr(module, "__all__", None) or [n for n, v in vars(module).items() if inspect.isfunction(v) and v.__module__ == module.__name__]
    return {name: getattr(module, name) for name in names if not name.startswith("_")}


def members(class_):
    """Of the class itself: methods, properties, fields."""
    fields = [f.name for f in dataclasses.fields(class_)] if dataclasses.is_dataclass(class_) else list(getattr(class_, "_fields", ()))
    inherited = {name for base in class_.__mro__[1:] for name in [*vars(base), *getattr(base, "__dataclass_fields__", ())]}
    own = [name for name, value in vars(class_).items() if inspect.isfunction(value) or isinstance(value, (property, classmethod, staticmethod))]
    return [name for name in dict.fromkeys([*(f for f in fields if f not in inherited), *own]) if not name.startswith("_")]


def check_signature(section, function, name):
    """Parameters in their order, with their defaults, each in a code block that starts with `name`."""
    block = next(b for b in re.findall(r"```python\n(.*?)\n```", section, re.DOTALL) if b.startswith(f"{name}("))
    read = inspect.Signature.from_callable(eval(f"lambda {defaults_only(block)}: None"))  # noqa: S307
    expected = [p for p in inspect.signature(function).parameters.values() if p.name not in ("self", "cls")]
    assert [(p.name, p.kind) for p in read.parameters.values()] == [(p.name, p.kind) for p in expected], name
    assert [p.default for p in read.parameters.values()] == [p.default for p in expected], name


def defaults_only(block):
    """The parameters of a printed signature without their annotations: what a lambda takes."""
    arguments = ast.parse(f"def {block}: ...").body[0].args
    for argument in ast.walk(arguments):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    return ast.unparse(arguments)


def test_page_is_fresh():
    result = subprocess.run([sys.executable, CHECKOUT / "tools" / "make_api_reference.py", "--check"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_every_name_is_there(page, module):
    assert f"{module.__doc__.strip()}\n" in page[module.__name__]
    names = public(module)
    assert names
    for name, value in names.items():
        section = page[f"{module.__name__}.{name}"]
        assert inspect.cleandoc(value.__doc__) in section, name
        constructor = vars(value).get("__init__")
        if inspect.isfunction(value):
            check_signature(section, value, name)
        elif inspect.isfunction(constructor) and constructor.__doc__:
            check_signature(section, constructor, name)
            assert inspect.cleandoc(constructor.__doc__) in section


def test_every_member_is_there(page, module):
    for name, value in public(module).items():
        for class_ in value.__mro__ if inspect.isclass(value) else ():
            if not class_.__module__.startswith("relume"):
                continue
            title = next(t for t in page if t.rpartition(".")[2] == class_.__name__ and class_.__module__.startswith(t.rpartition(".")[0]))
            for member in members(class_):
                content = vars(class_).get(member)
                if isinstance(content, classmethod):
                    content = content.__func__
                if inspect.isfunction(content):
                    section = page[f"{class_.__name__}.{member}"]
                    assert inspect.cleandoc(content.__doc__) in section
                    check_signature(section, content, member)
                else:
                    (type_, words), = re.findall(rf"^\| `{member}` \| `(.+)` \| (.+) \|$", page[title], re.MULTILINE)
                    assert type_ and words
                    if isinstance(content, property):
                        assert " ".join(content.__doc__.split()) == words.replace(r"\|", "|")


#: Where a docstring leaves parameters to another function.
ELSEWHERE = re.compile(r"(?:those of|as for|as for relume\.)\s+`?(?:relume\.)?(\w+)`?")
SELF_EVIDENT = {"model", "workspace", "model_options"}  # the last are those of Workspace.model, as limits says in words


def explained(module, value):
    """Everything that is said about the parameters of a function."""
    text, functions = f"{module.__doc__}\n{value.__doc__}", vars(importlib.import_module("relume")) | vars(module)
    seen = set()
    while left := [n for n in ELSEWHERE.findall(text) if n in functions and n not in seen]:
        seen.add(left[0])
        text += functions[left[0]].__doc__
    return text


def test_every_parameter_is_explained(module):
    for name, value in public(module).items():
        if inspect.isfunction(value):
            text = explained(module, value)
            left_out = [p for p in inspect.signature(value).parameters if not re.search(rf"`{p}\b", text) and p not in SELF_EVIDENT]
            assert left_out == [], f"{name}: {left_out}"
