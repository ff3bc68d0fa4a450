# SPDX-License-Identifier: GPL-2.0
"""Reads the module's files in debugfs. Documentation/observability.rst has their fields."""

import errno
import os
import re
import time
from dataclasses import dataclass, field
from typing import Optional

NAME = "rcu_headless"
LOCKDOWN = "/sys/kernel/security/lockdown"


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
    """All files, read at about the same time (in seconds, of a clock that only grows).

    A file that may not be read is None here, and refused says why.
    """

    time: float
    stats: Optional[dict] = None
    per_cpu: Optional[dict] = None
    latency: Optional[dict] = None
    memory: Optional[dict] = None
    callers: Optional[list] = None
    # Whether callers' objects are counted.
    control: Optional[bool] = None
    refused: dict = field(default_factory=dict)

    def has(self, *names):
        """Whether all of these files were read."""
        return all(getattr(self, name) is not None for name in names)

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
    except PermissionError as error:
        raise may_not_read(mounts[0], error.errno) from None
    except FileNotFoundError:
        if os.path.exists(f"/sys/module/{NAME}"):
            raise Trouble(f"{NAME} is loaded, but has no files in {mounts[0]}",
                          "The kernel may have been booted with debugfs=off.") from None
        raise not_loaded() from None
    return directory


def not_loaded():
    """The Trouble of a module that isn't there."""
    return Trouble(f"the module {NAME} is not loaded", f"As root: modprobe {NAME}")


def lockdown_level(path=LOCKDOWN):
    """How the kernel is locked down, if it is and says so."""
    try:
        with open(path, encoding="utf-8") as file:
            level = re.search(r"\[(\w+)\]", file.read())
    except OSError:
        return None
    return level[1] if level and level[1] != "none" else None


def why_refused(number):
    """Why a file may not be opened, by the number of the error."""
    if number == errno.EACCES:
        return "only root may"
    level = lockdown_level()
    how = f" ({level})" if level else ", it seems"
    return f"the kernel is locked down{how}, and lets nobody open what could be written in debugfs"


def may_not_read(path, number):
    """The Trouble of who may read nothing."""
    hint = ("Run it as root." if number == errno.EACCES
            else "See kernel_lockdown(7); dmesg says what was refused.")
    return Trouble(f"not permitted to read {path}: {why_refused(number)}", hint)


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


def parse_control(text):
    """What is switched on."""
    return text.strip() == "callers on"


PARSERS = {
    "stats": parse_values,
    "per_cpu": parse_per_cpu,
    "latency": parse_latency,
    "memory": parse_values,
    "callers": parse_callers,
    "control": parse_control,
}


class Source:
    """The module's files.

    What the kernel has refused once is not asked for again: it logs each time, and a
    lockdown ends when the machine is booted.
    """

    def __init__(self, directory=None):
        self.directory = directory or find_directory()
        self._refused = {}

    def _open(self, name):
        try:
            return open(os.path.join(self.directory, name), encoding="utf-8")
        except FileNotFoundError:
            raise not_loaded() from None

    def _read(self, name):
        with self._open(name) as file:
            try:
                return file.read()
            # Its file was open when the module went.
            except OSError:
                raise not_loaded() from None

    def control(self):
        """Opens control, for a command."""
        try:
            return open(os.path.join(self.directory, "control"), "wb", buffering=0)
        except (PermissionError, FileNotFoundError) as error:
            raise Trouble(why_refused(error.errno), "") from None

    def sample(self, names=tuple(PARSERS)):
        """Reads these files, all by default. At least one of them must be permitted."""
        sample = Sample(time=time.monotonic())
        for name in names:
            try:
                if name not in self._refused:
                    setattr(sample, name, PARSERS[name](self._read(name)))
            except PermissionError as error:
                self._refused[name] = error.errno
        sample.refused = {name: why_refused(self._refused[name])
                          for name in names if name in self._refused}
        if len(sample.refused) == len(names):
            raise may_not_read(self.directory, self._refused[names[0]])
        return sample
