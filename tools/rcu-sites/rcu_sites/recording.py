# SPDX-License-Identifier: GPL-2.0
"""What record.sh has recorded: a histogram of the kernel's, over stacks."""

import re
from dataclasses import dataclass

# The first one stands behind the name of the key.
FRAME = re.compile(r"^(?:\{ \S+)?\s+([\w.$]+)\+0x[0-9a-f]+/0x[0-9a-f]+(?: \[([\w-]+)[^\]]*\])?\s*$")
ENTRY_END = re.compile(r"^\}\s*hitcount:\s*(\d+)\s+usecs:\s*(\d+)")
DROPPED = re.compile(r"^(?:\s*Dropped|# lost):\s*(\d+)")

# What compilers append to a function's name.
PARTS = re.compile(r"\.(isra|constprop|part|cold|llvm|lto_priv)\b.*$")

# Who is called in order to wait; who waits is their caller.
WAITERS = re.compile(r"^(synchronize_(rcu(_\w+)?|net)|cond_synchronize_rcu\w*|kvfree_call_rcu)$")


@dataclass(frozen=True)
class Frame:
    """A function that is on a stack, and its module, or the empty string."""

    function: str
    module: str

    def __str__(self):
        return f"{self.function} [{self.module}]" if self.module else self.function


@dataclass(frozen=True)
class Waits:
    """How often, and for how many µs in all, was waited with a stack; the innermost first."""

    stack: tuple
    calls: int
    usecs: int


def who_waits(stack):
    """A stack from where it called something that waits; what the probe does is above that."""
    start = next((n for n, frame in enumerate(stack) if WAITERS.match(frame.function)), 0)
    while start < len(stack) and WAITERS.match(stack[start].function):
        start += 1
    return tuple(stack[start:])


def parse(text):
    """The waits of a recording, and how many found no place in it."""
    if "# rank-sites:" not in text:
        raise ValueError("this is nothing that record.sh has recorded")
    waits, stack, dropped = [], [], 0
    for line in text.splitlines():
        if line.startswith("{"):
            stack = []
        frame, end, drop = FRAME.match(line), ENTRY_END.match(line), DROPPED.match(line)
        if frame:
            stack.append(Frame(PARTS.sub("", frame.group(1)), frame.group(2) or ""))
        elif end:
            waits.append(Waits(who_waits(stack), int(end.group(1)), int(end.group(2))))
        elif drop:
            dropped += int(drop.group(1))
    return waits, dropped
