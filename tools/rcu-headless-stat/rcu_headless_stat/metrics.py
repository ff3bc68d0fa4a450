# SPDX-License-Identifier: GPL-2.0
"""A sample as metrics, in no format yet."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Optional

PREFIX = "rcu_headless_"

# The files that they are made of.
FILES = ("stats", "memory", "callers", "latency")

# What these counters count.
TEXTS = {
    "batches": "Pages whose objects were freed in one go.",
    "grace_periods": "Grace periods waited for.",
    "fallbacks": "Calls that found no page and waited.",
    "held_back": "Calls that waited because too much did.",
    "reserved": "Objects freed through reserves.",
    "shrinker_scans": "How often the kernel asked for memory.",
    "shrinker_pages": "Pages it was given.",
    "leaked": "Pointers given up.",
}
OTHER = "See Documentation/observability.rst."

# What is shown with others under one name, or from other files.
APART = {
    "queued_slab", "queued_vmalloc", "freed_slab", "freed_vmalloc", "pending", "parked",
    "pages_in_use", "pages_spare", "pages_allocated",
    "page_from_spares", "page_from_allocator", "page_from_elapsed", "try_taken", "try_refused",
}
CHANNELS = ("slab", "vmalloc")


@dataclass
class Family:
    """A metric and its samples, each of what its name has at the end, labels, and a value."""

    name: str
    kind: str
    text: str
    samples: list = field(default_factory=list)
    unit: Optional[str] = None

    def __post_init__(self):
        self.name = PREFIX + self.name


def counter(name, text, samples):
    """A counter, of pairs of labels and value."""
    return Family(name, "counter", text, [("_total", *sample) for sample in samples])


def gauge(name, text, samples, unit=None):
    """A gauge, likewise."""
    return Family(name, "gauge", text, [("", *sample) for sample in samples], unit)


def histogram(name, text, counts, scale, unit=None):
    """A histogram; scale(bound) is the largest value that is below the bound."""
    family = Family(name, "histogram", text, unit=unit)
    below = 0
    for bound, count in counts.buckets:
        below += count
        family.samples.append(("_bucket", {"le": scale(bound) if bound else "+Inf"}, below))
    family.samples.append(("_sum", {}, counts.sum / 1e6 if unit else counts.sum))
    family.samples.append(("_count", {}, counts.count))
    return family


def seconds(micros):
    """Times are counted in whole microseconds, less than the bound."""
    return repr(micros / 1e6)


def whole(objects):
    """Objects are counted, less than the bound."""
    return repr(float(objects - 1))


def by(label, prefix, values, source):
    """Values whose names differ in their ends, with these as a label."""
    return [({label: value}, source[f"{prefix}_{value}"]) for value in values
            if f"{prefix}_{value}" in source]


def of_stats(sample):
    """Totals."""
    stats = sample.stats
    yield counter("queued_objects", "Objects handed over.",
                  by("channel", "queued", CHANNELS, stats))
    yield counter("freed_objects", "Objects freed.", by("channel", "freed", CHANNELS, stats))
    yield gauge("pending_objects", "Objects waiting to be freed.", [({}, stats["pending"])])
    yield gauge("parked_objects", "Objects that came in atomic context and are not queued yet.",
                [({}, stats["parked"])])
    yield counter("opened_pages", "Pages of pointers, by where they came from.",
                  by("source", "page_from", ("spares", "allocator", "elapsed"), stats))
    for name, value in stats.items():
        if name in TEXTS:
            yield counter(name, TEXTS[name], [({}, value)])
        elif name not in APART and not name.startswith("misuse_"):
            # A newer module's: we can't tell whether it only grows.
            yield Family(name, "unknown", OTHER, [("", {}, value)])
    yield counter("try", "Objects given to kvfree_rcu_headless_try().",
                  by("result", "try", ("taken", "refused"), stats))
    yield counter("misuse", "What callers got wrong.",
                  [({"kind": kind}, count) for kind, count in sample.misuse().items()])


def of_memory(sample):
    """What is held."""
    yield gauge("waiting_bytes", "About what objects in pages take.",
                by("channel", "bytes_waiting", CHANNELS, sample.memory), "bytes")
    yield gauge("pages", "Pages of pointers.",
                by("state", "pages", ("open", "waiting", "spare"), sample.memory))


def of_callers(sample):
    """Who calls. Two places may have one name, or none to be seen (kernel.kptr_restrict)."""
    for what in ("objects", "bytes", "fallbacks", "misuse"):
        sums = Counter()
        for caller in sample.callers:
            sums[caller.name] += getattr(caller, what)
        yield counter(f"caller_{what}", f"The same by call site: {what}.",
                      [({"caller": name}, value) for name, value in sums.items()])


def of_latency(sample):
    """How long things took."""
    latency = sample.latency
    yield histogram("page_wait_seconds", "From the first object queued in a page to its objects "
                    "freed.", latency["page_wait_us"], seconds, "seconds")
    yield histogram("fallback_wait_seconds", "How long callers waited.",
                    latency["fallback_us"], seconds, "seconds")
    yield histogram("bulk_free_objects", "Objects freed in one go.", latency["bulk_objects"], whole)


def families(sample):
    """All metrics of the files that were read."""
    for name, of in zip(FILES, (of_stats, of_memory, of_callers, of_latency)):
        if sample.has(name):
            yield from of(sample)
