# SPDX-License-Identifier: GPL-2.0
"""Whether a file of a kernel tree can be part of a module, by Makefiles and Kconfig."""

import functools
import os
import re

ASSIGNMENT = re.compile(r"^([\w./$()-]+?)\s*[:+?]?=\s*(.*)$")
TARGET = re.compile(r"^(.+?)-(y|m|objs|\$\((CONFIG_\w+)\)|\$[({]\w+[)}])$")


def types_in(path):
    """The symbols of a Kconfig file that it gives a type: (name, whether it can be m)."""
    name = None
    with open(path, encoding="utf-8", errors="replace") as text:
        for line in text:
            words = line.split()
            if words[:1] in (["config"], ["menuconfig"]) and len(words) > 1:
                name = words[1]
            elif name and words[:1] in (["tristate"], ["def_tristate"]):
                yield name, True
            elif name and words[:1] in (["bool"], ["def_bool"]):
                yield name, False


@functools.lru_cache(maxsize=None)
def symbols(tree):
    """Which symbols can be m: by the architecture whose Kconfig says so, or none, then name."""
    types = {}
    for directory, _, files in os.walk(tree):
        parts = os.path.relpath(directory, tree).split(os.sep)
        arch = parts[1] if parts[0] == "arch" and len(parts) > 1 else ""
        for file in files:
            if file.startswith("Kconfig"):
                for name, tristate in types_in(os.path.join(directory, file)):
                    types[arch, name] = types.get((arch, name), False) or tristate
    return types


def is_tristate(tree, path, symbol):
    """Whether a symbol can be m, for who builds the file."""
    types = symbols(tree)
    parts = path.split(os.sep)
    arch = parts[1] if parts[0] == "arch" else ""
    if arch and (arch, symbol) in types:
        return types[arch, symbol]
    return any(m for (_, name), m in types.items() if name == symbol)


@functools.lru_cache(maxsize=None)
def makefile(tree, directory):
    """The assignments in a directory's Makefile: (name, words)."""
    for name in ("Kbuild", "Makefile"):
        path = os.path.join(tree, directory, name)
        if os.path.isfile(path):
            with open(path, encoding="utf-8", errors="replace") as file:
                text = file.read().replace("\\\n", " ")
            lines = (line.split("#")[0].strip() for line in text.splitlines())
            found = [m.groups() for m in map(ASSIGNMENT.match, lines) if m]
            return [(name, words.split()) for name, words in found]
    return []


def owners(tree, path):
    """Where Makefiles name a file's object: (directory, what it is assigned to)."""
    directory, file = os.path.split(path)
    obj = os.path.splitext(file)[0] + ".o"
    while True:
        for name, words in makefile(tree, directory):
            if obj in words:
                yield directory, name
        if not directory:
            return
        directory, last = os.path.split(directory)
        obj = os.path.join(last, obj)


def is_kernel(directory):
    """Whether a directory is a kernel's source, by what stands there."""
    return all(os.path.exists(os.path.join(directory, name))
               for name in ("MAINTAINERS", "Kbuild", "Kconfig"))


def targets(tree, path, seen=()):
    """What a file's object is linked into: (directory, name, symbol, if that can be m)."""
    for directory, name in owners(tree, path):
        match = TARGET.match(name)
        if not match:
            continue
        whole, how, symbol = match.groups()
        if whole == "obj":
            obj = os.path.relpath(os.path.splitext(path)[0], directory or ".")
            yield directory, obj, symbol, (how == "m" or bool(symbol) and
                                           is_tristate(tree, path, symbol[len("CONFIG_"):]))
        elif whole not in ("lib", "always", "extra", "targets", "hostprogs") \
                and whole not in seen:
            part = os.path.join(directory, whole + ".c")
            yield from targets(tree, part, (*seen, whole))


def can_be_module(tree, path):
    """True, False, or None if no Makefile says so."""
    answers = [answer for *_, answer in targets(tree, path)]
    return any(answers) if answers else None


def modules(tree, path):
    """The modules that a file may be part of: by path from where the tree begins, the symbol."""
    return {os.path.join(directory, name): symbol
            for directory, name, symbol, answer in targets(tree, path) if answer}
