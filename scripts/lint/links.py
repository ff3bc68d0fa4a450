#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Check that what documentation and comments refer to exists.

Reads the names of the project's files from standard input and looks, in all that are
text, for

- relative links and images in .md and .rst;
- names of files, in the documentation and in comments: "engine.rs", "lib/disturb.sh",
  "tests/kunit". The end of a path will do: "disturb.sh" is the one in tests/guest/lib;
- "make goal" in quotes: one of the Makefile's.

A path of the kernel ("mm/slab_common.c", "include/linux/percpu.h") is looked for in
--kernel, if that is given; a place in it ("resize.c:39") is not. Names with a wildcard,
in capitals ("NAME.patch") or of one letter ("x.rs") are taken for examples.
"""

import argparse
import os
import re
import sys

# Folders of the kernel that the project doesn't have, and parts of those that it has.
KERNEL = re.compile(
    "(?:arch|block|certs|crypto|drivers|fs|init|io_uring|ipc|kernel|lib|mm|net|security|"
    "sound|usr|virt|include/(?:linux|uapi|asm|asm-generic|trace)|rust/(?:kernel|bindings|macros|"
    "pin-init)|scripts/(?:Makefile|check|config|kernel|generate|mod)|tools/(?:docs|memory-model|"
    "testing)|Documentation/(?:RCU|core-api|process|dev-tools|rust|kbuild|gpu))[/._].*")
# Made by the build, and never in the tree.
MADE = {"rust/bindings/generated.rs", "generated.rs", "rust-project.json",
        "rust/platform/this_cpu/arm64_offset.rs"}
# Documents whose names are in capitals.
DOCUMENTS = {"README", "CONTRIBUTING", "CHANGELOG"}
# Goals of the kernel's own Makefile.
KERNEL_GOALS = {"rustavailable", "prepare", "modules_prepare", "olddefconfig", "coccicheck"}

BEFORE = r"(?<![\w/.<$*{}@+~:=-])"
NAME = re.compile(
    BEFORE + r"(?P<name>(?:\.?[\w-][\w.+-]*/)*[\w.+-]+\.(?:rs|[ch]|sh|py|cocci|awk|config|"
    r"plan|patch|rst|md))(?![\w/*<{-]|\.\w|:\d)")
FOLDER = re.compile(
    BEFORE + r"(?P<name>(?:bench|Documentation|include|rust|samples|scripts|tests|tools)"
    r"(?:/[\w.+-]+)+)/?(?![\w/*<{$-]|\.\{)")
MARKDOWN_LINK = re.compile(r"\]\((?P<name>[^)\s]+)\)")
RST_LINK = re.compile(r"`[^`<]*<(?P<name>[^>`\s]+)>`_|"
                      r"^\s*\.\. (?:image|figure|include|literalinclude):: (?P<file>\S+)|"
                      r"^\s*:(?:file|target): (?P<data>\S+)")
SRCTREE = re.compile(r"\[[^\]]*\]\(srctree/(?P<name>[^)]+)\)")
GOAL = re.compile(r"[`\"']+make (?:[A-Z_]+=\S+ )*(?P<goal>[a-z][a-z_-]*)\b")
ELSEWHERE = re.compile(r"[a-z]+:|#|/")
# What begins a comment that goes on to the end of the line, by the file's ending.
HASH = re.compile(r"(?:^|\s)(#(?: .*|$))")
SLASHES = re.compile(r"(//.*|/\*.*|^\s*\*(?:\s.*|$))")


class Project:
    """The names of all files."""

    def __init__(self, top, names, kernel):
        self.top = top
        self.names = set(names)
        self.folders = set()
        for name in names:
            while name := os.path.dirname(name):
                self.folders.add(name)
        self.ends = {}
        for name in self.names | self.folders:
            parts = name.split("/")
            for start in range(len(parts)):
                self.ends.setdefault("/".join(parts[start:]), name)
        self.kernel = kernel
        self.goals = set()
        makefile = os.path.join(top, "Makefile")
        if os.path.exists(makefile):
            with open(makefile, encoding="utf-8") as file:
                text = file.read()
            self.goals = set(re.findall(r"^#:   make (?:KDIR=\S+ )?([a-z-]+)", text, re.M))
            self.goals |= set(re.findall(r"^goals := (.*)", text, re.M)[0].split()
                              if "goals :=" in text else [])

    def has(self, name, beside):
        """Whether there is such a file, from the top, beside a file, or by its end."""
        name = name.rstrip("/")
        near = os.path.normpath(os.path.join(os.path.dirname(beside), name))
        return (name in self.ends or near in self.names or near in self.folders
                or name in MADE)

    def kernel_has(self, name):
        """Whether the kernel has such a file; so it is said if there is no kernel to look in."""
        return self.kernel is None or os.path.exists(os.path.join(self.kernel, name))


def is_example(name):
    """Whether a name stands for others."""
    stem = os.path.basename(name).split(".")[0]
    return ("..." in name or len(stem) == 1
            or (stem.isupper() and stem not in DOCUMENTS))


def prose(name, text):
    """(line, text) of what is read by people: all of a document, the comments of a source."""
    lines = text.split("\n")
    if name.endswith((".md", ".rst")):
        comment = None
    elif name.endswith((".rs", ".c", ".h", ".cocci")):
        comment = SLASHES
    else:
        comment = HASH
    for number, line in enumerate(lines, 1):
        if comment is None:
            yield number, line
        elif found := comment.search(line):
            yield number, found.group(1)


def wrong_links(project, name, line):
    """Links that lead nowhere."""
    if name.endswith(".md"):
        targets = [found.group("name") for found in MARKDOWN_LINK.finditer(line)]
    elif name.endswith(".rst"):
        targets = [target for found in RST_LINK.finditer(line)
                   for target in found.groups() if target]
    else:
        return
    for target in targets:
        path = target.split("#")[0]
        if path and not ELSEWHERE.match(target):
            near = os.path.normpath(os.path.join(os.path.dirname(name), path))
            if near not in project.names and near not in project.folders:
                yield f"link to {target}, which doesn't exist"


def wrong_names(project, name, line):
    """Names of files that don't exist."""
    for found in SRCTREE.finditer(line):
        if not project.kernel_has(found.group("name")):
            yield f"{found.group('name')}: no such file in the kernel"
    line = SRCTREE.sub("", line)
    seen = set()
    for pattern in (NAME, FOLDER):
        for found in pattern.finditer(line):
            mentioned = found.group("name").removeprefix("./").rstrip(".")
            if mentioned in seen or is_example(mentioned) or project.has(mentioned, name):
                continue
            seen.add(mentioned)
            if KERNEL.fullmatch(mentioned):
                if not project.kernel_has(mentioned):
                    yield f"{mentioned}: no such file, here or in the kernel"
            else:
                yield f"{mentioned}: no such file"


def wrong_goals(project, line):
    """Goals that "make" doesn't know."""
    for found in GOAL.finditer(line):
        if found.group("goal") not in project.goals | KERNEL_GOALS:
            yield f"make {found.group('goal')}: no such goal"


def check(project):
    """All that is wrong, as lines of text."""
    for name in sorted(project.names):
        path = os.path.join(project.top, name)
        if name.endswith((".csv", ".svg", ".patch", ".txt", "GPL-2.0", "COPYING")):
            continue
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read()
        except (OSError, UnicodeDecodeError):
            continue
        for number, line in prose(name, text):
            for wrong in (*wrong_links(project, name, line), *wrong_names(project, name, line),
                          *wrong_goals(project, line)):
                yield f"{name}:{number}: {wrong}"


def main():
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--top", metavar="DIR", default=".", help="what the names are below")
    parser.add_argument("--kernel", metavar="DIR", help="the kernel's source, to look in as well")
    args = parser.parse_args()
    errors = list(check(Project(args.top, sys.stdin.read().split(), args.kernel)))
    for error in errors:
        print(error)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
