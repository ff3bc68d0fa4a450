# SPDX-License-Identifier: GPL-2.0
"""Runs rcu-headless-stat, and reads what it read."""

import os
import subprocess
import sys
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOOL = os.path.join(TOP, "rcu-headless-stat")
DIRECTORY = "/sys/kernel/debug/rcu_headless"
# No event that a test waits for takes that long.
TIMEOUT = 60


def needs_kernel():
    """Skips a module's tests where no kernel was prepared for them."""
    if "RCU_HEADLESS_STAT_LIVE" not in os.environ:
        raise unittest.SkipTest("needs the kernel that tests/guest/40-stat.sh prepares")


def run(*args, command=(TOOL,), **kwargs):
    """Runs the tool to its end."""
    return subprocess.run([sys.executable, "-B", *command, *args], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=TIMEOUT, check=False, **kwargs)


def read(name):
    """One of the module's files."""
    with open(os.path.join(DIRECTORY, name), encoding="utf-8") as file:
        return file.read()


def stats():
    """The counters."""
    return {name: int(value) for name, value in map(str.split, read("stats").splitlines())}
