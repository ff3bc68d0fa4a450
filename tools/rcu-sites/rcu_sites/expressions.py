# SPDX-License-Identifier: GPL-2.0
"""C, as text."""

import re

IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


def root(expression):
    """The variable that an expression begins with."""
    match = IDENTIFIER.search(expression)
    return match.group() if match else ""


def words(expression):
    """All identifiers in it."""
    return set(IDENTIFIER.findall(expression))


def is_variable(expression):
    """Whether it is a variable and no more."""
    return IDENTIFIER.fullmatch(expression) is not None


def without_comments(text):
    """The text with blanks in the place of comments and strings, line by line."""
    return re.sub(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"",
                  lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)


def in_parentheses(text, start):
    """What is between a parenthesis and the one that closes it, and where that is."""
    depth = 0
    for at in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return text[start + 1:at], at
    return None, len(text)
