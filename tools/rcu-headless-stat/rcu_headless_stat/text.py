# SPDX-License-Identifier: GPL-2.0
"""A sample as lines of text, as wide as a terminal."""

from .marked import BAD, NOTICE, join, mark
from .rates import Rates

BAR = 30
MOST_CALLERS = 20
CPU_COLUMNS = (
    ("slab queued", "queued_slab"),
    ("vmalloc queued", "queued_vmalloc"),
    ("slab freed", "freed_slab"),
    ("vmalloc freed", "freed_vmalloc"),
)

LINES = (
    ("batches", "grace_periods", "fallbacks", "held_back"),
    ("page_from_spares", "page_from_allocator", "page_from_elapsed"),
    ("try_taken", "try_refused", "reserved"),
    ("shrinker_scans", "shrinker_pages", "leaked"),
)
SHOWN_ELSEWHERE = {
    "queued_slab", "queued_vmalloc", "freed_slab", "freed_vmalloc", "pending", "parked",
    "pages_in_use", "pages_spare", "pages_allocated",
}
# What tells of trouble while it grows, and what does as soon as it isn't zero.
GROWS = {"fallbacks": BAD, "held_back": NOTICE, "try_refused": NOTICE}
THERE = {"leaked": BAD}


def rate(value):
    """A rate, or nothing when there is none yet."""
    return "" if value is None else f"{value:.0f}/s"


def size(value):
    """Bytes in the largest unit that leaves something before the point."""
    for unit in ("B", "KiB", "MiB"):
        if abs(value) < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"


def duration(micros):
    """Microseconds in the largest unit that leaves something before the point."""
    if micros < 1000:
        return f"{micros:.0f} us"
    if micros < 1000000:
        return f"{micros / 1000:.0f} ms"
    return f"{micros / 1000000:.0f} s"


def counter(name, value, per_second):
    """A counter and its rate."""
    level = THERE.get(name) if value else None
    if per_second:
        level = GROWS.get(name, level)
    return mark(f"{name} {value} {rate(per_second)}".rstrip(), level)


def totals(sample, rates):
    """What has happened altogether."""
    stats, memory = sample.stats, sample.memory
    yield f"{'':16}{'slab':>14}{'':>12}{'vmalloc':>14}"
    for what in ("queued", "freed"):
        yield "".join([f"{what:16}"] + [
            f"{stats[f'{what}_{channel}']:>14}{rate(rates.total(f'{what}_{channel}')):>12}"
            for channel in ("slab", "vmalloc")]).rstrip()
    yield "".join([f"{'bytes waiting':16}"] + [
        f"{size(memory[f'bytes_waiting_{channel}']):>14}{'':12}"
        for channel in ("slab", "vmalloc")]) + f"most {size(memory['bytes_waiting_high'])}"
    yield (f"pending {stats['pending']}, most {memory['objects_waiting_high']}; "
           f"parked {stats['parked']}")
    yield (f"pages {memory['pages_allocated']}, most {memory['pages_allocated_high']}: "
           f"{memory['pages_open']} open, {memory['pages_waiting']} waiting, "
           f"{memory['pages_spare']} spare")
    shown = SHOWN_ELSEWHERE.union(*LINES)
    others = [name for name in stats if name not in shown and not name.startswith("misuse_")]
    for line in (*LINES, others):
        # An older module doesn't have all of them.
        parts = [counter(name, stats[name], rates.total(name)) for name in line if name in stats]
        if parts:
            yield join(parts, "   ")
    misuse = sum(sample.misuse().values())
    yield mark(f"misuse {misuse} {rate(rates.misuse())}".rstrip(), BAD if misuse else None)
    for kind, count in sample.misuse().items():
        if count:
            yield mark(f"  {kind} {count}", BAD)


def cpus(sample, rates):
    """A row for each CPU."""
    heads = [head for head, _ in CPU_COLUMNS] + ["pending", "fallbacks"]
    yield f"{'CPU':>4}" + "".join(f"{head:>15}" for head in heads)
    for cpu, row in sorted(sample.per_cpu.items()):
        if rates.old:
            values = [rate(rates.cpu(cpu, name)) for _, name in CPU_COLUMNS]
        else:
            values = [row[name] for _, name in CPU_COLUMNS]
        values += [row["pending"], row["fallbacks"]]
        yield f"{cpu:>4}" + "".join(f"{value:>15}" for value in values)


def callers(sample, rates):
    """The callers that queue most."""
    state = {True: "is on", False: "is off", None: "can't be known"}[sample.control]
    yield f"callers (counting of objects {state})"
    if not sample.callers:
        return
    yield f"{'objects':>12}{'':>12}{'bytes':>12}{'fallbacks':>11}{'misuse':>8}  caller"
    for caller in sample.callers[:MOST_CALLERS]:
        yield join([
            f"{caller.objects:>12}{rate(rates.caller(caller)):>12}{size(caller.bytes):>12}"
            f"{caller.fallbacks:>11}",
            mark(f"{caller.misuse:>8}  {caller.name}", BAD if caller.misuse else None)])
    if len(sample.callers) > MOST_CALLERS:
        yield f"{len(sample.callers) - MOST_CALLERS:>12} more"


def bars(title, histogram, unit):
    """A histogram; values of nothing at its ends are left out."""
    mean = histogram.sum / histogram.count if histogram.count else 0
    yield f"{title}: {histogram.count}" + (f", {unit(mean)} on average" if histogram.count else "")
    filled = [i for i, (_, count) in enumerate(histogram.buckets) if count]
    if not filled:
        return
    top = max(count for _, count in histogram.buckets)
    for i in range(filled[0], filled[-1] + 1):
        bound, count = histogram.buckets[i]
        if bound:
            label = f"below {unit(bound)}"
        else:
            label = f"from {unit(histogram.buckets[i - 1][0])}"
        bar = "#" * -(-count * BAR // top)
        yield f"{label:>16} {count:>10} {bar}".rstrip()


def histograms(sample, _):
    """All histograms."""
    yield from bars("pages freed, by the wait of the first object", sample.latency["page_wait_us"],
                    duration)
    yield from bars("callers who waited, by the time", sample.latency["fallback_us"], duration)
    yield from bars("bulk frees, by objects", sample.latency["bulk_objects"],
                    lambda objects: f"{objects:.0f}")


def refused(sample):
    """What could not be read, and why."""
    reasons = {}
    for name, why in sample.refused.items():
        reasons.setdefault(why, []).append(name)
    for why, names in reasons.items():
        yield mark(f"can't read {', '.join(names)}: {why}", NOTICE)


# What is printed of which files.
SECTIONS = ((("stats", "memory"), totals), (("per_cpu",), cpus), (("callers",), callers),
            (("latency",), histograms))


def report(sample, old=None):
    """All of a sample, with rates if there is an older one."""
    rates = Rates(old, sample)
    parts = [list(refused(sample))]
    parts += (list(lines(sample, rates)) for files, lines in SECTIONS if sample.has(*files))
    first = True
    for part in filter(None, parts):
        if not first:
            yield ""
        yield from part
        first = False
