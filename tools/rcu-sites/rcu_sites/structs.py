# SPDX-License-Identifier: GPL-2.0
"""What structs have in them, as far as a look at the text of headers tells."""

import functools
import os
import re

FUNCTION_POINTER = re.compile(r"\(\s*\*\s*(\w+)\s*\)\s*\(")


def type_of(function_text, variable):
    """The name of the struct that a variable points to, as the function declares it."""
    name = re.escape(variable)
    match = re.search(rf"struct\s+(\w+)\s*\*[^;(){{}}=]*?\b{name}\b", function_text)
    return match.group(1) if match else None


@functools.lru_cache(maxsize=4096)
def headers(directory):
    """The texts of a directory's headers."""
    texts = []
    for name in sorted(os.listdir(directory)) if os.path.isdir(directory) else []:
        if name.endswith(".h"):
            with open(os.path.join(directory, name), encoding="utf-8",
                      errors="replace") as file:
                texts.append(file.read())
    return texts


def body_of(struct, texts):
    """What is between the braces of a struct's definition."""
    for text in texts:
        match = re.search(rf"\bstruct\s+{re.escape(struct)}\s*\{{(.*?)\n\}}", text, re.S)
        if match:
            return match.group(1)
    return ""


def definition(file, struct):
    """What is between the braces of a struct's definition, if that is near a file."""
    directory = os.path.dirname(file.path)
    texts = [file.text]
    for place in (directory, os.path.dirname(directory), "include/linux", "include/net"):
        texts += headers(os.path.join(file.tree, place))
    return body_of(struct, texts)


def function_pointer(file, struct):
    """A member that points to a function, if the struct has one."""
    match = FUNCTION_POINTER.search(definition(file, struct))
    return match.group(1) if match else None


def points_to(file, struct, to):
    """Whether a struct has a pointer to another."""
    return re.search(rf"\bstruct\s+{re.escape(to)}\s+(__rcu\s*)?\*", definition(file, struct))
