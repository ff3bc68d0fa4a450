#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Look whether each fault on purpose still is the one that it was.

A patch applies wherever its few lines of context are found. So what each of its hunks takes
away must be in the file once, and what it puts there must be other code, not another comment.
"""

import argparse
import pathlib
import re
import sys


def hunks(patch):
    """Each hunk: the file's name, and its lines before and after."""
    name, old, new = None, [], []
    for line in patch.splitlines():
        if line.startswith(("+++ ", "--- ", "@@ ")):
            if old or new:
                yield name, old, new
            old, new = [], []
            if line.startswith("+++ "):
                name = line[4:].split("\t")[0].removeprefix("b/")
        elif name and line[:1] in (" ", "-", "+"):
            if line[0] != "+":
                old.append(line[1:])
            if line[0] != "-":
                new.append(line[1:])
    if old or new:
        yield name, old, new


def code(lines):
    """The lines without comments and blanks."""
    return [text for text in (re.sub(r"//.*|\s+", "", line) for line in lines) if text]


def mistakes(patch, read):
    """What is wrong with a patch; read(name) is the text of a file."""
    found = list(hunks(patch))
    if not found:
        yield "changes nothing"
    if all(code(old) == code(new) for _, old, new in found):
        yield "changes no code"
    for name, old, _ in found:
        if not name.startswith("rust/"):
            yield f"changes {name}, which isn't in rust/"
            continue
        text = "\n" + read(name)
        times = text.count("\n" + "\n".join(old) + "\n")
        if times != 1:
            yield f"{name} has what it looks for {times} times: '{old[0].strip()}' and so on"


def main():
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=pathlib.Path, help="where rust/ is")
    parser.add_argument("patches", nargs="+", type=pathlib.Path)
    args = parser.parse_args()

    def read(name):
        path = args.tree / name
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    wrong = [f"{patch}: {mistake}" for patch in args.patches
             for mistake in mistakes(patch.read_text(encoding="utf-8"), read)]
    print("\n".join(wrong), end="\n" if wrong else "")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
