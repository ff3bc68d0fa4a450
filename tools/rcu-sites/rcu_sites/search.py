# SPDX-License-Identifier: GPL-2.0
"""Which files are worth a look, and the look at them."""

import os
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

from . import facts, names, sites
from .decide import File
from .kbuild import is_kernel

WAIT = re.compile(r"\b(" + "|".join(sorted(names.WAITS)) + r")\s*\(")
CALLBACK = re.compile(r"\b(" + "|".join(sorted(names.CALL_RCU)) + r")\s*\(")
FREE = re.compile(r"free\w*\s*\(")
CONVERTED = re.compile(r"\b(" + "|".join(sorted(names.CONVERTED)) + r")\s*\(")

# Not code of the kernel, or made from other files.
SKIPPED = {"tools", "Documentation", "scripts", "samples", "usr"}


def root_of(path):
    """The kernel tree that a path is in, or where it is itself."""
    start = path if os.path.isdir(path) else os.path.dirname(path) or "."
    directory = os.path.abspath(start)
    while directory != os.path.dirname(directory):
        if is_kernel(directory):
            return directory
        directory = os.path.dirname(directory)
    return os.path.abspath(start)


def read(tree, path):
    """A file's text."""
    with open(os.path.join(tree, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def is_worth_it(text):
    """Whether there can be a site, by a look at words alone."""
    if "rcu" not in text and "synchronize_net" not in text:
        return False
    return bool(CONVERTED.search(text) or
                (FREE.search(text) and (WAIT.search(text) or CALLBACK.search(text))))


def files_in(tree, path):
    """All C files of a directory, or the one file, by their paths in the tree."""
    if os.path.isfile(path):
        yield os.path.relpath(path, tree)
        return
    whole = os.path.abspath(path) == tree
    for directory, inner, names_here in os.walk(path):
        inner.sort()
        if whole and os.path.abspath(directory) == tree:
            inner[:] = [d for d in inner if d not in SKIPPED]
        inner[:] = [d for d in inner if not d.startswith(".")]
        for name in sorted(names_here):
            if name.endswith(".c") and not name.endswith(".mod.c"):
                yield os.path.relpath(os.path.join(directory, name), tree)


def unseen(code, known):
    """The lines of waits that Coccinelle hasn't understood."""
    seen = {call.line for call in known.calls}
    return [n for n, line in enumerate(code, 1)
            if WAIT.search(line) and re.match(r"\s", line) and n not in seen]


def not_understood(path, line):
    """A wait of which no more is known than where it is."""
    return sites.Site(path, line, "?", "not_understood", (), sites.NOT,
                      "Coccinelle doesn't understand this function: read it", "low")


def look_at(tree, path):
    """The sites of one file, and what went wrong if something did."""
    text = read(tree, path)
    known = facts.gather(tree, path)
    file = File(tree, path, text, known)
    lines = unseen(file.code, known)
    error = known.error
    found = file.sites()
    if lines and not error:
        error = f"Coccinelle doesn't understand what is around line {lines[0]}"
        found += [not_understood(path, line) for line in lines]
    return found, error


class Progress:
    """How far it is, on stderr."""

    def __init__(self, total):
        self.total, self.done, self.start = total, 0, time.monotonic()
        self.on_terminal = sys.stderr.isatty()

    def step(self, path):
        """One more is done."""
        self.done += 1
        text = f"{self.done} of {self.total} files, {time.monotonic() - self.start:.0f} s"
        if self.on_terminal:
            print(f"\r\033[K==> {text}: {path[-60:]}", end="", file=sys.stderr, flush=True)
            if self.done == self.total:
                print(file=sys.stderr)
        elif self.done % 50 == 0 or self.done == self.total:
            print(f"==> {text}", file=sys.stderr, flush=True)


def search(tree, paths, jobs):
    """All sites, by path and line, and the files that couldn't be looked at whole."""
    candidates = []
    for path in paths:
        candidates += [f for f in files_in(tree, path) if is_worth_it(read(tree, f))]
    candidates = list(dict.fromkeys(candidates))
    print(f"==> Looking at {len(candidates)} files with Coccinelle, {jobs} at a time",
          file=sys.stderr, flush=True)
    progress, found, errors = Progress(len(candidates)), [], []
    pool = ThreadPoolExecutor(jobs)
    try:
        looks = {pool.submit(look_at, tree, path): path for path in candidates}
        for look in as_completed(looks):
            of_file, error = look.result()
            found += of_file
            if error:
                errors.append((looks[look], error))
            progress.step(looks[look])
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    return sorted(found, key=lambda s: (s.path, s.line)), sorted(errors)
