# SPDX-License-Identifier: GPL-2.0
"""Reads the module's files in debugfs. Documentation/observability.rst has their fields."""

import os
import re
import time
from dataclasses import dataclass

NAME = "rcu_headless"


class Trouble(Exception):
    """Something that keeps us from reading, and what can be done about it."""

    def __init__(self, what, hint):
        super().__init__(what)
        self.hint = hint


@dataclass
class Histogram:
    """How many values were below each bound and not below the one before.

    The last bound is None: the rest.
    """

    buckets: list
    count: int
    sum: int


@dataclass
class Caller:
    """A place that calls, and what it has done."""

    name: str
    objects: int
    bytes: int
    fallbacks: int
    misuse: int


@dataclass
class Sample:
    """All files, read at about the same time (in seconds, of a clock that only grows)."""

    time: float
    stats: dict
    per_cpu: dict
    latency: dict
    memory: dict
    callers: list
    counts_callers: bool

    def misuse(self):
        """The counters of misuse, without their prefix."""
        prefix = "misuse_"
        return {name[len(prefix):]: value for name, value in self.stats.items()
                if name.startswith(prefix)}


def debugfs_mounts(mounts="/proc/self/mounts"):
    """Where debugfs is mounted."""
    with open(mounts, encoding="utf-8", errors="surrogateescape") as lines:
        fields = [line.split(" ") for line in lines]
    # The kernel writes blanks in names as numbers.
    return [re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), field[1])
            for field in fields if field[2] == "debugfs"]


def find_directory():
    """The module's directory, or the Trouble with it."""
    mounts = debugfs_mounts()
    if not mounts:
        raise Trouble("debugfs is not mounted",
                      "As root: mount -t debugfs debugfs /sys/kernel/debug")
    directory = os.path.join(mounts[0], NAME)
    try:
        os.stat(directory)
    except PermissionError:
        raise may_not_read(mounts[0]) from None
    except FileNotFoundError:
        if os.path.exists(f"/sys/module/{NAME}"):
            raise Trouble(f"{NAME} is loaded, but has no files in {mounts[0]}",
                          "The kernel may have been booted with debugfs=off.") from None
        raise not_loaded() from None
    return directory


def not_loaded():
    """The Trouble of a module that isn't there."""
    return Trouble(f"the module {NAME} is not loaded", f"As root: modprobe {NAME}")


def may_not_read(path):
    """The Trouble of who isn't root."""
    return Trouble(f"not permitted to read {path}",
                   "Run it as root; a kernel that is locked down lets nobody.")


class Source:
    """The module's files."""

    def __init__(self, directory=None):
        self.directory = directory or find_directory()

    def _open(self, name, mode="r"):
        path = os.path.join(self.directory, name)
        try:
            return open(path, mode, encoding="utf-8")
        except PermissionError:
            raise may_not_read(path) from None
        except FileNotFoundError:
            raise not_loaded() from None

    def _read(self, name):
        with self._open(name) as file:
            try:
                return file.read()
            # Its file was open when the module went.
            except OSError:
                raise not_loaded() from None

    def command(self, word):
        """Writes a word to control."""
        with self._open("control", "w") as file:
            file.write(word)

    def sample(self):
        """Reads all files."""
        return Sample(
            time=time.monotonic(),
            stats=parse_values(self._read("stats")),
            per_cpu=parse_per_cpu(self._read("per_cpu")),
            latency=parse_latency(self._read("latency")),
            memory=parse_values(self._read("memory")),
            callers=parse_callers(self._read("callers")),
            counts_callers=self._read("control").strip() == "callers on",
        )


def parse_values(text):
    """Lines of a name and a number."""
    pairs = (line.split() for line in text.splitlines())
    return {name: int(value) for name, value in pairs}


def parse_per_cpu(text):
    """Rows of numbers, the first the CPU's, below a line of names."""
    header, *rows = (line.split() for line in text.splitlines())
    return {int(row[0]): dict(zip(header[1:], map(int, row[1:]))) for row in rows}


def parse_latency(text):
    """Histograms by their names."""
    histograms = {}
    for key, value in parse_values(text).items():
        name, what, bound = re.fullmatch(r"(.*?)_(count|sum|above|below)(?:_(\d+))?",
                                         key).groups()
        histogram = histograms.setdefault(name, Histogram([], 0, 0))
        if what in ("count", "sum"):
            setattr(histogram, what, value)
        else:
            histogram.buckets.append((bound and int(bound), value))
    return histograms


def parse_callers(text):
    """Rows of numbers and a name, below a line of names."""
    lines = text.splitlines()
    if not lines or lines[0].startswith("#"):
        return []
    columns = lines[0].split()[:-1]
    callers = []
    for line in lines[1:]:
        *numbers, name = line.split(" ", len(columns))
        callers.append(Caller(name=name, **dict(zip(columns, map(int, numbers)))))
    return callers
