# SPDX-License-Identifier: GPL-2.0
"""Why a wait may protect more than the memory that is freed after it: by one rule each.

A rule looks at a wait and says why, and how sure that is, or nothing. The first that has something
to say decides.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from . import names, structs
from .expressions import is_variable, root, words

MEMBER = re.compile(r"\w+((->|\.)\w+|\[\w+\])*->\w+")
ALLOCATION = re.compile(r"(kv?|v)(m|z|c|re)?alloc\w*\s*\(|k(v?mem|str)n?dup\w*\s*\(")


@dataclass
class Wait:
    """A wait, and what comes after it: frees, other calls, assignments. Its line is that of
    synchronize_rcu() itself, the call's that of what calls it."""

    file: object
    call: object
    line: int
    frees: list
    others: list
    writes: list

    @cached_property
    def objects(self):
        """The variables that what is freed begins with."""
        return {root(c.arguments) for c in self.frees} - {""}

    @cached_property
    def last(self):
        """The line of the last free."""
        return max(c.line for c in self.frees)

    @cached_property
    def before(self):
        """The calls before it, in its function."""
        return [c for c in self.file.facts.calls_in(self.call.function)
                if c.line < self.call.line]

    @cached_property
    def parameters(self):
        """Those of its function, as text."""
        found = re.search(rf"\b{self.call.function}\s*\(([^)]*)\)",
                          self.file.body_until(self.call))
        return found.group(1) if found else ""

    @cached_property
    def gone(self):
        """What was taken away from readers before it: the variables that name it."""
        what = [c.arguments.split(",")[0].strip() for c in self.before
                if names.TAKE_AWAY.match(c.name)]
        # A variable that is set points to something new.
        return {root(w) for w in what if not is_variable(w)} - {""} - self.objects

    @cached_property
    def ending(self):
        """What has begun to end before it: the variables that name it."""
        return set().union(*(words(c.arguments) for c in self.before
                             if names.ENDS.search(c.name) and not names.HARMLESS.match(c.name)))


def is_other_memory(wait):
    """Memory of kinds that can't be handed over."""
    for call in wait.others:
        if names.OTHER_FREES.match(call.name):
            return f"{call.name}() in line {call.line} has to wait as well", "high"
    return None


def is_the_implementation(wait):
    """What the kernel's own calls do when they have to wait."""
    if wait.call.function in names.IMPLEMENTATION:
        return f"{wait.call.function}() is what the kernel's own calls come to", "high"
    return None


def is_used(wait):
    """What is freed is used after the wait."""
    for call in wait.others:
        shared = wait.objects & words(call.arguments)
        if shared and call.line <= wait.last:
            return (f"{call.name}() in line {call.line} is given {sorted(shared)[0]} after "
                    "the wait", "high")
    for write in wait.writes:
        if root(write.to) in wait.objects and "->" in write.to and write.line <= wait.last:
            return f"{write.to} is written to in line {write.line}, after the wait", "medium"
    return None


def is_way_in_used(wait):
    """That by which readers came to what is freed is used after the wait."""
    for call in wait.others:
        shared = wait.gone & words(call.arguments)
        if shared:
            return (f"{call.name}() in line {call.line} is given {sorted(shared)[0]} after "
                    "the wait, which readers came by", "medium")
    for write in wait.writes:
        if root(write.to) in wait.gone and "->" in write.to:
            return f"{write.to} is written to in line {write.line}, after the wait", "medium"
    return None


def is_something_ended(wait):
    """Something else ends before all is freed."""
    for call in wait.others:
        if call.line <= wait.last and names.ENDS.search(call.name):
            return (f"{call.name}() in line {call.line} comes after the wait and may rely on "
                    "it", "medium")
    return None


def is_said(wait):
    """A comment right above it that isn't about freeing."""
    above = wait.file.comment_above(wait.line)
    if above and not re.search(r"free|grace", above, re.I):
        return "the comment above the wait tells of something else that it is for", "medium"
    return None


def is_counted_on(wait):
    """Who calls the function may count on there being no reader when it returns."""
    function = wait.call.function
    if function in wait.file.exits:
        return "on the way out of a module: readers may still run its code", "medium"
    if function in wait.file.exported and names.ENDED_FOR_CALLER.search(function):
        return (f"who calls {function}() may count on there being no reader left when it "
                "returns", "medium")
    if function in wait.file.detaches:
        return (f"{function}() is called to take something away, which readers may use until "
                "it returns", "medium")
    return None


def is_taken_down(wait):
    """Something is taken down in steps around it."""
    for call in wait.others:
        shared = (wait.ending & words(call.arguments)) - wait.objects
        if shared and names.ENDS.search(call.name):
            return (f"{sorted(shared)[0]} is taken down in steps, by {call.name}() in line "
                    f"{call.line} after the wait", "medium")
    return None


def pointed_to(wait, free, parameters):
    """A struct that what is freed points to and that the function is given, if there is one."""
    struct = wait.file.struct_of(free)
    for to in re.findall(r"struct\s+(\w+)\s*\*", parameters) if struct else ():
        if structs.points_to(wait.file, struct, to):
            return to
    return None


def is_taken_back(wait):
    """What is freed was made here of what others have: an error, of which they learn."""
    body = wait.file.body_until(wait.call)
    for call in wait.frees:
        set_to = re.findall(rf"(?<![\w.>]){re.escape(call.arguments)}\s*=\s*([^=;][^;]*);", body)
        if set_to and ALLOCATION.match(set_to[-1]):
            to = pointed_to(wait, call, wait.parameters)
            if to:
                return (f"{call.arguments} is taken back, by which readers get at a struct "
                        f"{to} that may go when this returns", "medium")
    return None


def is_part(wait):
    """What is freed are members of what isn't freed here, and they aren't replaced."""
    written = {w.to.replace(" ", "") for w in wait.file.facts.writes_in(wait.call.function)}
    members = [c.arguments.replace(" ", "") for c in wait.frees]
    if all(MEMBER.fullmatch(m) and m not in written for m in members):
        return (f"{root(members[0])} is still there with what is freed: it may go when this "
                "returns", "medium")
    return None


def is_one_case_of_two(wait):
    """There is but one free, and on a condition that isn't about it."""
    if len(wait.frees) != 1:
        return None
    free = wait.frees[0]
    condition = wait.file.guard(free, wait.call.line)
    if condition and not words(condition) & words(free.arguments):
        return (f"{free.arguments} is freed only if {condition}, but there is always a wait",
                "medium")
    return None


def is_callers_pointed_to(wait):
    """What is freed points to something that the function is told goes."""
    function = wait.call.function
    for call in wait.frees if names.ENDED_FOR_CALLER.search(function) else ():
        # The first is what it is part of.
        to = pointed_to(wait, call, wait.parameters.partition(",")[2])
        if to:
            return (f"{call.arguments} points to a struct {to}, which {function}() is told of "
                    "and may go when it returns", "medium")
    return None


def is_called(wait):
    """What is freed has functions that readers call."""
    for call in wait.frees:
        struct = wait.file.struct_of(call)
        called = struct and structs.function_pointer(wait.file, struct)
        if called:
            return (f"readers may call {call.arguments}->{called}(), and who takes it away may "
                    "count on none being there", "medium")
    return None


RULES = (is_other_memory, is_the_implementation, is_used, is_way_in_used, is_something_ended,
         is_counted_on, is_taken_down, is_called, is_said, is_taken_back, is_part,
         is_one_case_of_two, is_callers_pointed_to)


def objection(wait):
    """What the first rule says that has something against it: a reason, how sure it is."""
    return next(filter(None, (rule(wait) for rule in RULES)), None)
