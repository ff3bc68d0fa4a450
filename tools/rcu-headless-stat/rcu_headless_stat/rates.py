# SPDX-License-Identifier: GPL-2.0
"""How fast things happened between two samples."""


class Rates:
    """What has happened from one sample to the next, per second."""

    def __init__(self, old, new):
        self.old = old
        self.new = new
        self.seconds = max(new.time - old.time, 1e-3) if old else None

    def _rate(self, old, new):
        # Whoever loads the module again begins anew.
        return max(new - old, 0) / self.seconds

    def total(self, name):
        """The rate of a counter in stats, or None without an older sample."""
        if not self.old:
            return None
        # A module that was loaded meanwhile may have more of them, and more files.
        return self._rate((self.old.stats or {}).get(name, 0), self.new.stats[name])

    def misuse(self):
        """The rate of all misuse."""
        if not self.old:
            return None
        return self._rate(sum(self.old.misuse().values()), sum(self.new.misuse().values()))

    def cpu(self, cpu, name):
        """The rate of a counter of one CPU."""
        old = self.old and (self.old.per_cpu or {}).get(cpu)
        return self._rate(old[name], self.new.per_cpu[cpu][name]) if old else None

    def caller(self, caller):
        """The rate of objects that a caller queues."""
        if not self.old:
            return None
        old = {c.name: c.objects for c in self.old.callers or []}
        return self._rate(old.get(caller.name, 0), caller.objects)
