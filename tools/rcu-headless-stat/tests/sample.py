# SPDX-License-Identifier: GPL-2.0
"""The module's files as they might be: on two CPUs, after 30,000 objects."""

import os

MISUSE = ("atomic", "reader", "nmi", "err_ptr", "user", "stack", "percpu", "static", "foreign",
          "double_free", "reserve")
PER_CPU = ("queued_slab", "queued_vmalloc", "freed_slab", "freed_vmalloc", "pending", "parked",
           "pages_in_use", "pages_spare", "batches", "grace_periods", "page_from_spares",
           "page_from_allocator", "page_from_elapsed", "fallbacks", "held_back")
CPUS = ((10000, 40, 9000, 40, 1000, 0, 2, 4, 18, 5, 15, 4, 1, 0, 0),
        (20000, 0, 20000, 0, 0, 0, 0, 4, 40, 6, 30, 9, 1, 2, 0))


def lines(pairs):
    """A name and a number each."""
    return "".join(f"{name} {value}\n" for name, value in pairs)


def histogram(name, last, total, filled):
    """Powers of two up to the last one, and what was counted below some of them."""
    bounds = [1 << n for n in range(last + 1)]
    yield f"{name}_count", sum(filled.values())
    yield f"{name}_sum", total
    yield from ((f"{name}_below_{bound}", filled.get(bound, 0)) for bound in bounds)
    yield f"{name}_above", filled.get("above", 0)


FILES = {
    "stats": lines([
        *((name, sum(cpu[n] for cpu in CPUS)) for n, name in enumerate(PER_CPU)),
        ("pages_allocated", 10), ("try_taken", 7), ("try_refused", 1), ("reserved", 3),
        ("shrinker_scans", 2), ("shrinker_pages", 5), ("leaked", 0),
        *((f"misuse_{kind}", 4 if kind == "atomic" else 0) for kind in MISUSE)]),
    "per_cpu": "\n".join([" ".join(("cpu", *PER_CPU))] + [
        " ".join(map(str, (n, *cpu))) for n, cpu in enumerate(CPUS)]) + "\n",
    "latency": lines([
        *histogram("page_wait_us", 26, 1160000, {16384: 8, 32768: 50}),
        *histogram("fallback_us", 26, 120000000, {"above": 1, 32768: 1}),
        *histogram("bulk_objects", 9, 29038, {512: 57, "above": 1})]),
    "memory": lines([
        ("page_size", 4096), ("pages_allocated", 10), ("pages_allocated_high", 64),
        ("pages_open", 1), ("pages_waiting", 1), ("pages_spare", 8), ("objects_waiting", 508),
        ("objects_waiting_high", 12700), ("bytes_waiting_slab", 32512),
        ("bytes_waiting_vmalloc", 0), ("bytes_waiting_high", 5242880)]),
    "callers": "objects bytes fallbacks misuse caller\n"
               "30000 1920000 2 0 config_replace+0x9a/0xe0 [some_module]\n"
               "40 327680 0 4 odd\"name+0x1/0x2\n",
    "control": "callers on\n",
}


def write(directory):
    """Writes all of them."""
    for name, text in FILES.items():
        with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
            file.write(text)
