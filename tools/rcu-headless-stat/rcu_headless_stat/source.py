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
        return {name[len(prefix):]: value for name, value in (self.stats or {}).items()
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
    if number == errno.ENOENT:
        return "the module has no such file"
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
        parts = re.fullmatch(r"(.*?)_(count|sum|above|below)(?:_(\d+))?", key)
        if not parts:
            continue
        name, what, bound = parts.groups()
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
        values = dict(zip(columns, map(int, numbers)))
        callers.append(Caller(name, *(values[what] for what in CALLER)))
    return callers


def parse_control(text):
    """What is switched on."""
    return text.strip() == "callers on"


CHANNELS = ("slab", "vmalloc")
CALLER = ("objects", "bytes", "fallbacks", "misuse")
COUNTERS = ("pending", *(f"{what}_{channel}" for what in ("queued", "freed")
                         for channel in CHANNELS))
# What each file has had from the first; other values come and go with the module's version.
NEEDED = {
    "stats": ("parked", *COUNTERS),
    "per_cpu": ("fallbacks", *COUNTERS),
    "latency": ("page_wait_us", "fallback_us", "bulk_objects"),
    "memory": ("pages_allocated", "pages_allocated_high", "pages_open", "pages_waiting",
               "pages_spare", "objects_waiting_high", "bytes_waiting_slab",
               "bytes_waiting_vmalloc", "bytes_waiting_high"),
}
PARSERS = {
    "stats": parse_values,
    "per_cpu": parse_per_cpu,
    "latency": parse_latency,
    "memory": parse_values,
    "callers": parse_callers,
    "control": parse_control,
}


def parse(name, text):
    """What is in that file. It is a ValueError or a KeyError if that isn't what it should be."""
    values = PARSERS[name](text)
    for row in values.values() if name == "per_cpu" else [values]:
        for needed in NEEDED.get(name, ()):
            row[needed]  # pylint: disable=pointless-statement
    return values


class Source:
    """The module's files.

    What the kernel has refused once is not asked for again: it logs each time, and a
    lockdown ends when the machine is booted.
    """

    def __init__(self, directory=None):
        self.given = directory is not None
        self.directory = directory if self.given else find_directory()
        self._refused = {}

    def _path(self, name):
        return os.path.join(self.directory, name)

    def _nothing(self):
        """The Trouble of a directory that is gone, or that has nothing for us."""
        if not self.given:
            return not_loaded()
        what = ("{} has none of the module's files" if os.path.isdir(self.directory)
                else "there is no {}")
        return Trouble(what.format(self.directory), "Without --directory it finds the module's.")

    def _read(self, name):
        path = self._path(name)
        with open(path, encoding="utf-8", errors="backslashreplace") as file:
            try:
                text = file.read()
            except OSError as error:
                # Its file was open when the module went.
                if not os.path.isdir(self.directory):
                    raise self._nothing() from None
                raise Trouble(f"can't read {path}: {error.strerror}", "Try again.") from None
        try:
            return parse(name, text)
        except (ValueError, KeyError) as error:
            why = f"no {error}" if isinstance(error, KeyError) else error
            raise Trouble(f"can't make sense of {path}: {why}",
                          "Are this tool and the module of the same version?") from None

    def control(self):
        """Opens control, for a command."""
        try:
            return open(self._path("control"), "wb", buffering=0)
        except (PermissionError, FileNotFoundError) as error:
            raise Trouble(why_refused(error.errno), "") from None

    def sample(self, names=tuple(PARSERS)):
        """Reads these files, all by default. At least one of them must be permitted."""
        sample = Sample(time=time.monotonic())
        numbers = {name: self._refused[name] for name in names if name in self._refused}
        for name in names:
            try:
                if name not in numbers:
                    setattr(sample, name, self._read(name))
            except PermissionError as error:
                numbers[name] = self._refused[name] = error.errno
            except (FileNotFoundError, NotADirectoryError):
                numbers[name] = errno.ENOENT
        if len(numbers) == len(names):
            number = max(numbers.values(), key=lambda number: number != errno.ENOENT)
            raise (self._nothing() if number == errno.ENOENT
                   else may_not_read(self.directory, number))
        sample.refused = {name: why_refused(numbers[name]) for name in names if name in numbers}
        return sample
