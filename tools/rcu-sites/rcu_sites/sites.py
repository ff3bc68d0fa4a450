# SPDX-License-Identifier: GPL-2.0
"""What a site is, as told to users."""

from dataclasses import asdict, dataclass

MODULE = "convertible_module"
BUILTIN = "convertible_builtin_only"
ATOMIC = "atomic_needs_try_or_reserve"
NOT = "not_convertible"
DONE = "already_converted"

VERDICTS = {
    MODULE: "kvfree_rcu_headless() can be called instead",
    BUILTIN: "built-in code can't call a module; kvfree_rcu_mightsleep() can be called",
    ATOMIC: "only kvfree_rcu_headless_try() or _reserved(): it may be in atomic context",
    NOT: "the wait protects more than memory",
    DONE: "doesn't wait for each object any more",
}


@dataclass(frozen=True)
class Site:
    """A place where memory is freed after a grace period.

    Lines are those of the wait, of the call of what waits, or of the call_rcu(); `frees`
    those of the frees that would be converted, `waits` those of the waits that would go.
    `through` are functions of the file that do the freeing. `modules` are those that the
    file may be part of, as paths without suffix. `callers` are functions of the file that
    the one with the site may be inlined into. What no semantic patch is up to says why
    `by_hand`.
    """

    path: str
    line: int
    function: str
    pattern: str
    freed: tuple
    verdict: str
    reason: str
    confidence: str
    frees: tuple = ()
    waits: tuple = ()
    through: tuple = ()
    modules: tuple = ()
    by_hand: str = ""
    callers: tuple = ()

    def as_dict(self):
        """For JSON."""
        values = asdict(self)
        return {key: list(value) if isinstance(value, tuple) else value
                for key, value in values.items()}
