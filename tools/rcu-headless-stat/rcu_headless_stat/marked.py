# SPDX-License-Identifier: GPL-2.0
"""Lines of text, parts of which tell of trouble."""

# How bad it is.
NOTICE, BAD = 1, 2


class Marked(str):
    """Text, and which of its parts tell of trouble: (start, end, how bad)."""

    marks = ()


def mark(text, level):
    """All of a text, if it tells of trouble."""
    marked = Marked(text)
    if level:
        marked.marks = ((0, len(text), level),)
    return marked


def join(parts, between=""):
    """One text of several, with their marks where they are now."""
    marks = []
    at = 0
    for part in parts:
        marks += ((at + start, at + end, level)
                  for start, end, level in getattr(part, "marks", ()))
        at += len(part) + len(between)
    marked = Marked(between.join(parts))
    marked.marks = tuple(marks)
    return marked
