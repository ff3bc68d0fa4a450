# SPDX-License-Identifier: GPL-2.0
"""A sample in the text format of OpenMetrics 1.0, for Prometheus."""

PREFIX = "rcu_headless_"


# What these counters count. One that isn't here is shown all the same.
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


def escape(value):
    """A label's value."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def line(name, labels, value):
    """One sample."""
    inside = ",".join(f'{key}="{escape(str(text))}"' for key, text in labels.items())
    return f"{PREFIX}{name}{{{inside}}} {value}" if inside else f"{PREFIX}{name} {value}"


def family(name, kind, text, samples, unit=None):
    """A metric and all its samples, as pairs of labels and value."""
    yield f"# TYPE {PREFIX}{name} {kind}"
    if unit:
        yield f"# UNIT {PREFIX}{name} {unit}"
    yield f"# HELP {PREFIX}{name} {text}"
    suffix = "_total" if kind == "counter" else ""
    for labels, value in samples:
        yield line(name + suffix, labels, value)


def histogram(name, text, counts, scale, unit=None):
    """A histogram; scale(bound) is the largest value that is below the bound."""
    yield from family(name, "histogram", text, (), unit)
    below = 0
    for bound, count in counts.buckets:
        below += count
        yield line(name + "_bucket", {"le": scale(bound) if bound else "+Inf"}, below)
    yield line(name + "_count", {}, counts.count)
    yield line(name + "_sum", {}, counts.sum / 1e6 if unit else counts.sum)


def seconds(micros):
    """Times are counted in whole microseconds, less than the bound."""
    return repr(micros / 1e6)


def whole(objects):
    """Objects are counted, less than the bound."""
    return repr(float(objects - 1))


def families(sample):
    """All metrics."""
    stats, memory = sample.stats, sample.memory
    channels = ("slab", "vmalloc")

    def by(label, prefix, values, source):
        return [({label: value}, source[f"{prefix}_{value}"]) for value in values]

    yield family("queued_objects", "counter", "Objects handed over.",
                 by("channel", "queued", channels, stats))
    yield family("freed_objects", "counter", "Objects freed.",
                 by("channel", "freed", channels, stats))
    yield family("pending_objects", "gauge", "Objects waiting to be freed.",
                 [({}, stats["pending"])])
    yield family("parked_objects", "gauge",
                 "Objects that came in atomic context and are not queued yet.",
                 [({}, stats["parked"])])
    yield family("waiting_bytes", "gauge", "About what objects in pages take.",
                 by("channel", "bytes_waiting", channels, memory), "bytes")
    yield family("pages", "gauge", "Pages of pointers.",
                 by("state", "pages", ("open", "waiting", "spare"), memory))
    yield family("opened_pages", "counter", "Pages of pointers, by where they came from.",
                 by("source", "page_from", ("spares", "allocator", "elapsed"), stats))
    for name, value in stats.items():
        if name not in APART and not name.startswith("misuse_"):
            yield family(name, "counter", TEXTS.get(name, OTHER), [({}, value)])
    yield family("try", "counter", "Objects given to kvfree_rcu_headless_try().",
                 by("result", "try", ("taken", "refused"), stats))
    yield family("misuse", "counter", "What callers got wrong.",
                 [({"kind": kind}, count) for kind, count in sample.misuse().items()])
    for what in ("objects", "bytes", "fallbacks", "misuse"):
        yield family(f"caller_{what}", "counter", f"The same by call site: {what}.",
                     [({"caller": c.name}, getattr(c, what)) for c in sample.callers])
    latency = sample.latency
    yield histogram("page_wait_seconds", "From the first object queued in a page to its objects "
                    "freed.", latency["page_wait_us"], seconds, "seconds")
    yield histogram("fallback_wait_seconds", "How long callers waited.",
                    latency["fallback_us"], seconds, "seconds")
    yield histogram("bulk_free_objects", "Objects freed in one go.", latency["bulk_objects"], whole)


def render(sample):
    """The whole document."""
    lines = [text for metric in families(sample) for text in metric]
    return "\n".join(lines + ["# EOF", ""])
