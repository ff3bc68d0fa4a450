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


def function_pointer(tree, path, text, struct):
    """A member that points to a function, if the struct has one and its definition is near."""
    places = [os.path.dirname(path), os.path.dirname(os.path.dirname(path)),
              "include/linux", "include/net"]
    texts = [text]
    for place in places:
        texts += headers(os.path.join(tree, place))
    match = FUNCTION_POINTER.search(body_of(struct, texts))
    return match.group(1) if match else None
