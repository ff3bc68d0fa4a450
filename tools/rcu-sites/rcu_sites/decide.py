# SPDX-License-Identifier: GPL-2.0
"""Which sites a file has, and what can be done about each."""

import re
from dataclasses import replace

from . import names, sites, structs
from .expressions import in_parentheses, is_variable, root, without_comments
from .kbuild import can_be_module, is_kernel, modules
from .sites import Site
from .wait_rules import Wait, objection


class File:
    """One file, with what decides about its sites."""

    def __init__(self, tree, path, text, facts):
        self.tree = tree
        self.path = path
        self.facts = facts
        self.text = text
        self.lines = text.split("\n")
        self.code = without_comments(text).split("\n")
        self.module = can_be_module(tree, path)
        self.modules = tuple(modules(tree, path))
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
            verdict, reason, confidence = self.judge_wait(
                Wait(self, wait, line, frees, others, writes))
            if self.facts.by_lines or is_wrapper and confidence == "high":
                confidence = "low" if self.facts.by_lines else "medium"
            pattern = "wait_in_callee" if is_wrapper else \
                "free_in_callee" if any(c.name in self.only_free for c in frees) else \
                "several" if len(frees) > 1 else \
                "guarded" if frees and self.guard(frees[0], wait.line) else "adjacent"
            if not frees:
                pattern = "other_free"
            freed = tuple(dict.fromkeys(c.arguments for c in frees or odd))
            through = tuple(dict.fromkeys(c.name for c in frees if c.name in self.only_free))
            yield Site(self.path, wait.line, wait.function, pattern, freed, verdict, reason,
                       confidence, tuple(c.line for c in frees), (line,), through)

    def is_static(self, function):
        """Whether nothing but this file calls a function."""
        return re.search(rf"^static\b[^;{{}}]*\b{function}\s*\(", self.text, re.M)

    def callers(self, function):
        """The functions here that a compiler may make a static function part of."""
        found, todo = [], [function]
        while todo:
            callee = todo.pop()
            for call in self.facts.calls if self.is_static(callee) else ():
                if call.name == callee and call.function not in (*found, function):
                    found.append(call.function)
                    todo.append(call.function)
        return tuple(found)

    def needed_by_others(self, site):
        """Who else than sites that can be converted needs the wait in a callee, if any."""
        callee = next(c.name for c in self.facts.calls_in(site.function)
                      if c.line == site.line and c.name in self.facts.functions())
        if not self.is_static(callee):
            return callee, "other files"
        convertible = {s.line for s in self.found if s.verdict in (sites.MODULE, sites.BUILTIN)}
        calls = {call.line: call for call in self.facts.calls if call.name == callee}
        for line, code in enumerate(self.code, 1):
            if re.search(rf"\b{callee}\b(?!\s*\()", code):
                return callee, "who calls it by a pointer"
            # Calls that Coccinelle hasn't understood, too; functions begin with the line.
            if re.search(rf"^\s.*\b{callee}\s*\(", code) and line not in convertible:
                return callee, f"{calls[line].function}()" if line in calls else f"line {line}"
        return callee, None

    def callee_wait(self, site):
        """A site whose wait is in a callee, with what that means for the verdict."""
        callee, other = self.needed_by_others(site)
        if other is None:
            return site
        return replace(site, verdict=sites.NOT, confidence="medium",
                       reason=f"{callee}() waits for {other} as well, which may need it")

    def guard(self, free, line):
        """The condition that a free stands under, if that begins after a line."""
        code = "\n".join(self.code[line:free.line])
        for start in [m.end() - 1 for m in re.finditer(r"\bif\s*\(", code)]:
            condition, end = in_parentheses(code, start)
            # Nothing is between them, and the free is the last one here.
            if condition and re.match(rf"\s*\{{?\s*{free.name}\s*\(", code[end + 1:]) and \
                    code.rfind(free.name) == code.find(free.name, end):
                return " ".join(condition.split())
        return None

    def judge_wait(self, wait):
        """The verdict on a wait, its reason, how sure that is."""
        against = objection(wait)
        if against:
            return (sites.NOT, *against)
        verdict, reason = self.convertible()
        if wait.others:
            return (verdict, f"{reason}, but look at {wait.others[0].name}() in line "
                    f"{wait.others[0].line}", "low")
        return verdict, reason, "high" if self.module is not None else "low"

    def struct_of(self, free):
        """The struct of what is freed, if that is told where it is."""
        if not is_variable(free.arguments):
            return None
        return structs.type_of(self.body_until(free), free.arguments)

    def comment_above(self, line):
        """The comment that ends in the line before one, or the empty string."""
        first = last = line - 1
        if not re.search(r"\*/\s*$|^\s*//", self.lines[last - 1]):
            return ""
        while first > 1 and "/*" not in self.lines[first - 1] and \
                not re.match(r"\s*//", self.lines[first - 1]):
            first -= 1
        text = "\n".join(self.lines[first - 1:last])
        # Not one that stands behind code.
        return text if re.match(r"\s*/[*/]", text) else ""

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
        while first > 0 and not self.code[first].startswith("{"):
            first -= 1
        # With the parameters.
        while first > 0 and self.code[first - 1].strip():
            first -= 1
        return "\n".join(self.code[first:call.line])

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
        found = [replace(s, modules=self.modules, callers=self.callers(s.function))
                 for s in sorted(found, key=lambda s: s.line)]
        return [self.with_hand(s, self.unlinks(s)) for s in found]

    @staticmethod
    def with_hand(site, why):
        """A site with what keeps a tool from converting it, if there is something."""
        if not why or site.verdict not in (sites.MODULE, sites.BUILTIN, sites.ATOMIC):
            return site
        return replace(site, by_hand=why, reason=f"{site.reason}; by hand, since {why}",
                       confidence="low" if site.confidence == "low" else "medium")

    def unlinks(self, site):
        """Why a function that frees can't be called before the grace period, if so."""
        for name in site.through if site.pattern != "carrier" else ():
            for call in self.facts.calls_in(name):
                if names.UNLINKS.match(call.name):
                    return f"readers would see what {call.name}() does in {name}()"
        return ""
