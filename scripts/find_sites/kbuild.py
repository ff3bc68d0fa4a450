# SPDX-License-Identifier: GPL-2.0
"""Whether a file of a kernel tree can be part of a module, by Makefiles and Kconfig."""

import functools
import os
import re

ASSIGNMENT = re.compile(r"^([\w./$()-]+?)\s*[:+?]?=\s*(.*)$")
TARGET = re.compile(r"^(.+?)-(y|m|objs|\$\((CONFIG_\w+)\)|\$[({]\w+[)}])$")


@functools.lru_cache(maxsize=None)
def tristates(tree):
    """The names of all symbols that can be m."""
    names = set()
    for directory, _, files in os.walk(tree):
        for file in files:
            if file.startswith("Kconfig"):
                with open(os.path.join(directory, file), encoding="utf-8",
                          errors="replace") as text:
                    name = None
                    for line in text:
                        words = line.split()
                        if words[:1] in (["config"], ["menuconfig"]) and len(words) > 1:
                            name = words[1]
                        elif words[:1] in (["tristate"], ["def_tristate"]) and name:
                            names.add(name)
    return names


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


def can_be_module(tree, path, seen=()):
    """True, False, or None if no Makefile says so."""
    answers = []
    for directory, name in owners(tree, path):
        match = TARGET.match(name)
        if not match:
            continue
        whole, how, symbol = match.groups()
        if whole == "obj":
            answers.append(how == "m" or
                           (symbol or "")[len("CONFIG_"):] in tristates(tree))
        elif whole not in ("lib", "always", "extra", "targets", "hostprogs") \
                and whole not in seen:
            part = os.path.join(directory, whole + ".c")
            answers.append(can_be_module(tree, part, (*seen, whole)))
    answers = [answer for answer in answers if answer is not None]
    return any(answers) if answers else None
