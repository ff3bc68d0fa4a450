# SPDX-License-Identifier: GPL-2.0
"""Which sites a file has, and what can be done about each."""

import re
from dataclasses import replace

import names
import sites
import structs
from kbuild import can_be_module, is_kernel, modules
from sites import Site

IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


def root(expression):
    """The variable that an expression begins with."""
    match = IDENTIFIER.search(expression)
    return match.group() if match else ""


def words(expression):
    """All identifiers in it."""
    return set(IDENTIFIER.findall(expression))


class File:
    """One file, with what decides about its sites."""

    def __init__(self, tree, path, text, facts):
        self.tree = tree
        self.path = path
        self.facts = facts
        self.text = text
        self.lines = text.split("\n")
        self.module = can_be_module(tree, path)
        self.modules = modules(tree, path)
        if self.module is None and not is_kernel(tree):
            # Outside of the kernel all is modules.
            self.module = True
        self.only_free = self.functions_that_only_free()
        self.exported = set(re.findall(r"EXPORT_\w*SYMBOL\w*\(\s*(\w+)", text))
        self.exits = set(re.findall(r"module_exit\(\s*(\w+)", text))
        self.exits |= set(re.findall(r"__exit\s+(\w+)\s*\(", text))
        self.found = []
        self.detaches = {function for function in re.findall(r"\.\w+\s*=\s*(\w+)", text)
                         if names.DETACHES.search(function)}

    def functions_that_only_free(self):
        """Functions here of which each call is a free, or finds out what to free."""
        found = set()
        for function in self.facts.functions():
            calls = self.facts.calls_in(function)
            frees = [c for c in calls if c.name in names.FREES]
            others = [c for c in calls if c.name not in names.FREES
                      and not names.HARMLESS.match(c.name)
                      and not names.UNLINKS.match(c.name)]
            if frees and not others and not self.outer_writes(function):
                found.add(function)
        return found

    def outer_writes(self, function):
        """Assignments to what others may see."""
        return [w for w in self.facts.writes_in(function)
                if re.search(r"->|\.|\[|^\*", w.to)]

    def is_free(self, call):
        """Whether it frees memory and does nothing else."""
        return call.name in names.FREES or call.name in self.only_free

    # Waits

    def wait_calls(self):
        """The waits, and calls of functions here that end by waiting: with the wait's line."""
        wrappers = {}
        for function in self.facts.functions():
            calls = self.facts.calls_in(function)
            waits = [c for c in calls if c.name in names.WAITS]
            if waits and not any(c.line > waits[-1].line for c in calls
                                 if not names.HARMLESS.match(c.name)):
                wrappers[function] = waits[-1].line
        for call in self.facts.calls:
            if call.name in names.WAITS:
                yield call, call.line
            elif call.name in wrappers and call.function not in wrappers:
                yield call, wrappers[call.name]

    def behind(self, wait, is_wrapper):
        """Calls and assignments that come after a wait."""
        calls = [c for c in self.facts.calls_in(wait.function) if c.line > wait.line]
        writes = [w for w in self.facts.writes_in(wait.function) if w.line > wait.line]
        places = self.facts.after.get(wait.line)
        if not is_wrapper and places is not None:
            calls = [c for c in calls if (c.line, c.column) in places]
            writes = [w for w in writes if (w.line, w.column) in places]
        # What is behind the next wait is that one's.
        again = [c.line for c in calls if c.name in names.WAITS]
        if again:
            calls = [c for c in calls if c.line < again[0]]
            writes = [w for w in writes if w.line < again[0]]
        return calls, writes

    def waits(self):
        """Sites where a wait is followed by frees."""
        for wait, line in self.wait_calls():
            is_wrapper = wait.name not in names.WAITS
            calls, writes = self.behind(wait, is_wrapper)
            frees = [c for c in calls if self.is_free(c)]
            others = [c for c in calls if not self.is_free(c)
                      and not names.HARMLESS.match(c.name)]
            odd = [c for c in others if names.OTHER_FREES.match(c.name)]
            if not frees and not odd:
                continue
            verdict, reason, confidence = self.judge_wait(wait, frees, others, writes)
            if self.facts.by_lines or is_wrapper and confidence == "high":
                confidence = "low" if self.facts.by_lines else "medium"
            pattern = "wait_in_callee" if is_wrapper else \
                "free_in_callee" if any(c.name in self.only_free for c in frees) else \
                "several" if len(frees) > 1 else \
                "guarded" if frees and self.is_guarded(frees[0]) else "adjacent"
            if not frees:
                pattern = "other_free"
            freed = tuple(dict.fromkeys(c.arguments for c in frees or odd))
            through = tuple(dict.fromkeys(c.name for c in frees if c.name in self.only_free))
            yield Site(self.path, wait.line, wait.function, pattern, freed, verdict, reason,
                       confidence, tuple(c.line for c in frees), (line,), through)

    def needed_by_others(self, site):
        """Who else than sites that can be converted needs the wait in a callee, if any."""
        callee = next(c.name for c in self.facts.calls_in(site.function)
                      if c.line == site.line and c.name in self.facts.functions())
        if not re.search(rf"^static\b[^;{{}}]*\b{callee}\s*\(", self.text, re.M):
            return callee, "other files"
        convertible = {s.line for s in self.found if s.verdict in (sites.MODULE, sites.BUILTIN)}
        for call in self.facts.calls:
            if call.name == callee and call.line not in convertible:
                return callee, f"{call.function}()"
        return callee, None

    def callee_wait(self, site):
        """A site whose wait is in a callee, with what that means for the verdict."""
        callee, other = self.needed_by_others(site)
        if other is None:
            return site
        return replace(site, verdict=sites.NOT, confidence="medium",
                       reason=f"{callee}() waits for {other} as well, which may need it")

    def is_guarded(self, call):
        """Whether an if stands before it."""
        return any(re.search(r"\bif\s*\(", line)
                   for line in self.lines[max(call.line - 2, 0):call.line])

    def judge_wait(self, wait, frees, others, writes):
        """The verdict on a wait, its reason, how sure that is."""
        for call in others:
            if names.OTHER_FREES.match(call.name):
                return (sites.NOT, f"{call.name}() in line {call.line} has to wait as well",
                        "high")
        objects = {root(c.arguments) for c in frees} - {""}
        last = max(c.line for c in frees)
        gone = self.taken_away(wait) - objects
        for call in others:
            shared = objects & words(call.arguments)
            if shared and call.line <= last:
                return (sites.NOT, f"{call.name}() in line {call.line} is given "
                        f"{sorted(shared)[0]} after the wait", "high")
        for write in writes:
            if root(write.to) in objects and "->" in write.to and write.line <= last:
                return (sites.NOT, f"{write.to} is written to in line {write.line}, after "
                        "the wait", "medium")
        for call in others:
            shared = gone & words(call.arguments)
            if shared:
                return (sites.NOT, f"{call.name}() in line {call.line} is given "
                        f"{sorted(shared)[0]} after the wait, which readers came by", "medium")
        for write in writes:
            if root(write.to) in gone and "->" in write.to:
                return (sites.NOT, f"{write.to} is written to in line {write.line}, after "
                        "the wait", "medium")
        for call in others:
            if call.line <= last and names.ENDS.search(call.name):
                return (sites.NOT, f"{call.name}() in line {call.line} comes after the wait "
                        "and may rely on it", "medium")
        if wait.function in self.exits:
            return (sites.NOT, "on the way out of a module: readers may still run its code",
                    "medium")
        if wait.function in self.exported and names.ENDED_FOR_CALLER.search(wait.function):
            return (sites.NOT, f"who calls {wait.function}() may count on there being no "
                    "reader left when it returns", "medium")
        if wait.function in self.detaches:
            return (sites.NOT, f"{wait.function}() is called to take something away, which "
                    "readers may use until it returns", "medium")
        for call in frees:
            called = self.called_by_readers(call)
            if called:
                return (sites.NOT, f"readers may call {call.arguments}->{called}(), and who "
                        "takes it away may count on none being there", "medium")
        if others:
            verdict, reason = self.convertible()
            return (verdict, f"{reason}, but look at {others[0].name}() in line "
                    f"{others[0].line}", "low")
        return (*self.convertible(), "high" if self.module is not None else "low")

    def taken_away(self, wait):
        """What was taken away from readers before a wait: the variables that name it."""
        before = [c.arguments.split(",")[0].strip()
                  for c in self.facts.calls_in(wait.function)
                  if c.line < wait.line and names.TAKE_AWAY.match(c.name)]
        # A variable that is set points to something new.
        return {root(what) for what in before if not IDENTIFIER.fullmatch(what)} - {""}

    def called_by_readers(self, call):
        """A function that the object which is freed points to, if it has any."""
        if not IDENTIFIER.fullmatch(call.arguments):
            return None
        struct = structs.type_of(self.body_until(call), call.arguments)
        return struct and structs.function_pointer(self.tree, self.path, self.text, struct)

    def convertible(self):
        """The verdict on memory that is all that a wait protects."""
        if self.module:
            return sites.MODULE, "nothing but memory is freed after the wait"
        if self.module is None:
            return (sites.BUILTIN, "nothing but memory is freed after the wait; no Makefile "
                    "tells whether it can be a module")
        return (sites.BUILTIN, "nothing but memory is freed after the wait; it can't be built "
                "as a module")

    # Callbacks

    def callbacks(self):
        """Sites where call_rcu() has a callback that only frees."""
        for call in self.facts.calls:
            if call.name not in names.CALL_RCU:
                continue
            parts = call.arguments.rsplit(",", 1)
            callback = parts[-1].strip().lstrip("&")
            if len(parts) < 2 or callback not in self.only_free:
                continue
            frees = [c for c in self.facts.calls_in(callback) if c.name in names.FREES]
            simple = len(frees) == 1 and root(frees[0].arguments) == frees[0].arguments and \
                len([w for w in self.facts.writes_in(callback)
                     if w.to == frees[0].arguments]) <= 1
            around = self.facts.calls_in(call.function)
            carried = self.carried(call, around, frees)
            if carried:
                freed, pattern = (carried,), "carrier"
            else:
                freed = (parts[0].strip(),)
                pattern = "call_rcu" if simple else "call_rcu_of_several"
            verdict, reason, confidence = self.judge_callback(call, callback, around, carried)
            yield Site(self.path, call.line, call.function, pattern, freed, verdict, reason,
                       confidence, tuple(c.line for c in frees), (), (callback,))

    def carried(self, call, around, frees):
        """What is freed by way of a struct allocated just to carry an rcu_head, if so."""
        carrier = root(call.arguments)
        made = any(w.to == carrier and re.match(r"k\w*alloc", w.value)
                   for w in self.facts.writes_in(call.function)) or \
            re.search(rf"\*\s*{re.escape(carrier)}\s*=\s*k\w*alloc",
                      self.body_until(call)) is not None
        put_in = [w for w in self.facts.writes_in(call.function)
                  if w.to.startswith(carrier + "->")]
        waits = any(c.name in names.WAITS for c in around)
        inner = any("->" in c.arguments for c in frees)
        if made and inner and put_in and (waits or len(put_in) == 1):
            return put_in[0].value
        return None

    def body_until(self, call):
        """The text of a function up to a call in it."""
        first = call.line - 1
        while first > 0 and not self.lines[first].startswith("{"):
            first -= 1
        # With the parameters.
        while first > 0 and self.lines[first - 1].strip():
            first -= 1
        return "\n".join(self.lines[first:call.line])

    def judge_callback(self, call, callback, around, carried):
        """The verdict on a call_rcu()."""
        before = [c for c in around if c.line <= call.line]
        sleeps = [c for c in around if names.SLEEPS.match(c.name)
                  or re.search(r"\bGFP_KERNEL\b", c.arguments)]
        if carried and any(c.name in names.WAITS for c in around):
            verdict, _ = self.convertible()
            return (verdict, "the struct is there for its rcu_head alone, and its caller may "
                    "wait: see the fallback", "high")
        held = self.spinlock_held(before)
        if sleeps and not held:
            verdict, _ = self.convertible()
            return (verdict, f"{callback}() only frees, and {sleeps[0].name}() says that the "
                    "caller may sleep", "medium")
        why = f"{held} is held" if held else "nothing here says that the caller may sleep"
        return (sites.ATOMIC, f"{callback}() only frees; {why}", "high" if held else "medium")

    @staticmethod
    def spinlock_held(before):
        """The spinlock that is taken and not given back before a call, if any."""
        held = []
        for call in before:
            if re.match(r"(raw_)?(spin|read|write)_lock", call.name):
                held.append(call.arguments.split(",")[0])
            elif re.match(r"(raw_)?(spin|read|write)_unlock", call.name) and held:
                held.pop()
        return held[-1] if held else None

    # Those that are converted

    def converted(self):
        """Places that use a headless call already."""
        for call in self.facts.calls:
            if call.name in names.CONVERTED and call.arguments.count(",") == 0:
                yield Site(self.path, call.line, call.function, call.name,
                           (call.arguments,), sites.DONE, f"calls {call.name}()", "high")

    def sites(self):
        """All of them, by line."""
        found = [*self.waits(), *self.callbacks(), *self.converted()]
        carriers = {s.function for s in found if s.pattern == "carrier"}
        # The fallback of one is part of it.
        found = [s for s in found if s.pattern in ("carrier", "call_rcu")
                 or s.verdict == sites.DONE or s.function not in carriers]
        self.found = found
        found = [self.callee_wait(s) if s.pattern == "wait_in_callee"
                 and s.verdict in (sites.MODULE, sites.BUILTIN) else s for s in found]
        return [replace(s, modules=self.modules, by_hand=self.unlinks(s))
                for s in sorted(found, key=lambda s: s.line)]

    def unlinks(self, site):
        """Why a function that frees can't be called before the grace period, if so."""
        for name in site.through if site.pattern != "carrier" else ():
            for call in self.facts.calls_in(name):
                if names.UNLINKS.match(call.name):
                    return f"readers would see what {call.name}() does in {name}()"
        return ""
