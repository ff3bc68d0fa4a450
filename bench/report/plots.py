# SPDX-License-Identifier: GPL-2.0
"""Plots of what was measured, as SVG."""

import os

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from .data import Key, condition_value

# The same text and the same file for the same values.
matplotlib.rcParams.update({"svg.hashsalt": "rcu_headless", "svg.fonttype": "none",
                            "font.size": 10, "axes.spines.top": False,
                            "axes.spines.right": False, "figure.figsize": (7, 4)})

COLOURS = {"mightsleep": "#777777", "kfree_rcu": "#b0b0b0", "call_rcu": "#d8a657",
           "kfree": "#cccccc", "headless": "#1b6ca8", "headless_bulk": "#3a9d5d",
           "headless_try": "#8a5fbf", "headless_reserved": "#c25b7c"}


def new_plot():
    """A figure and its axes, measured by the backend that writes it."""
    figure = Figure()
    FigureCanvasSVG(figure)
    return figure, figure.subplots()


def save(figure, directory, name):
    """Writes a figure."""
    figure.tight_layout()
    path = os.path.join(directory, f"{name}.svg")
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    with open(path, encoding="utf-8") as file:
        lines = [line.rstrip() for line in file]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return path


def lines_by(data, measure, name, conditions, axis, peers):
    """For each peer the values of an axis, with medians, lowest and highest."""
    for peer in peers:
        points = []
        for condition in conditions:
            key = Key(measure, condition, peer, name)
            if key in data.values:
                points.append((condition_value(condition, axis, 1), data.median(key),
                               *data.spread(key)))
        if points:
            yield peer, sorted(points)


def line_plot(data, measure, name, conditions, axis, peers, labels, log=True):
    """Lines with their spread; None if there is nothing to see."""
    lines = [(peer, points) for peer, points in
             lines_by(data, measure, name, conditions, axis, peers)
             if len({point[0] for point in points}) > 1]
    if not lines:
        return None
    figure, axes = new_plot()
    for peer, points in lines:
        xs, medians, lows, highs = zip(*points)
        axes.plot(xs, medians, "o-", label=peer, color=COLOURS.get(peer))
        axes.fill_between(xs, lows, highs, alpha=0.2, color=COLOURS.get(peer))
    axes.set_xscale("log", base=2)
    axes.set_xticks(xs, [str(x) for x in xs])
    if log:
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=0)
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    axes.legend(frameon=False)
    return figure


def bar_plot(values, label):
    """A bar for each name."""
    figure, axes = new_plot()
    names = list(values)
    axes.barh(names, [values[name] for name in names],
              color=[COLOURS.get(name, "#1b6ca8") for name in names])
    for name in names:
        axes.text(values[name], name, f" {values[name]:.4g}", va="center")
    axes.invert_yaxis()
    axes.set_xlabel(label)
    return figure


def tail_plot(data, condition, unit):
    """How many calls take longer than a time."""
    points = [("p50", 0.5), ("p75", 0.25), ("p90", 0.1), ("p99", 0.01), ("p99.9", 0.001),
              ("p99.99", 0.0001)]
    figure, axes = new_plot()
    for peer in data.peers("latency", condition, "latency_p50"):
        medians = [data.median(Key("latency", condition, peer, f"latency_{point}"))
                   for point, _ in points]
        axes.plot(medians, [share for _, share in points], "o-", label=peer,
                  color=COLOURS.get(peer))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(f"time of a call, {unit}")
    axes.set_ylabel("share of calls that take longer")
    axes.legend(frameon=False)
    return figure


def memory_plot(data, condition, peers):
    """Slab pages in use while a load runs."""
    figure, axes = new_plot()
    for peer in peers:
        points = [(share, data.median(Key("cycle", condition, peer, f"slab_at_{share}")))
                  for share in range(5, 101, 5)]
        points = [(share, pages) for share, pages in points if pages is not None]
        if points:
            axes.plot(*zip(*points), "-", label=peer, color=COLOURS.get(peer))
    axes.set_ylim(bottom=0)
    axes.set_xlabel("per cent of the load done")
    axes.set_ylabel("slab pages in use")
    axes.legend(frameon=False)
    return figure


def with_words(data, measure, name, *words, without=()):
    """The conditions that have all of some words and none of others."""
    return [c for c in data.conditions(measure, name)
            if set(words) <= set(c.split())
            and not any(w in c for w in without)]


def draw(directory, kernel, data):
    """All plots that one kernel's values are enough for."""
    unit = "instructions" if kernel.startswith("counted") else "ns"
    figures = {}
    for condition in with_words(data, "call", "call_mean", "size=64", without=("threads",))[:1]:
        peers = [p for p in data.peers("call", condition, "call_mean") if p != "synchronize_rcu"]
        figures["call"] = bar_plot(
            {p: data.median(Key("call", condition, p, "call_mean")) for p in peers},
            f"a call, {unit}")
    main = ["call_rcu", "kfree_rcu", "mightsleep", "headless"]
    figures["call-by-threads"] = line_plot(
        data, "call", "call", with_words(data, "call", "call", "size=64"), "threads", main,
        ("threads", f"a call, {unit}"))
    for burst in (100, 500, 2000):
        figures[f"cycle-burst-{burst}"] = line_plot(
            data, "cycle", "cpu", with_words(data, "cycle", "cpu", f"burst={burst}",
                                             "pause_ms=4", without=("vmalloc",)),
            "size", ["kfree"] + main, ("bytes", f"an object's whole life, {unit}"))
    figures["cycle-steady"] = line_plot(
        data, "cycle", "cpu", with_words(data, "cycle", "cpu", "soak=1",
                                         without=("vmalloc", "pause_ms", "threads")),
        "size", ["kfree"] + main, ("bytes", f"an object's whole life, {unit}"))
    figures["memory-steady"] = line_plot(
        data, "cycle", "peak_slab", with_words(data, "cycle", "peak_slab", "watch=1",
                                               without=("pause_ms",)),
        "size", main, ("bytes", "most slab pages in use"), log=False)
    for condition in with_words(data, "cycle", "slab_at_50", "size=256", "pause_ms=4"):
        figures["memory-over-time"] = memory_plot(data, condition, main)
    for condition in with_words(data, "latency", "latency_p50", without=("vmalloc",)):
        name = "latency-no-memory" if "failing=1" in condition else "latency"
        figures[name] = tail_plot(data, condition, unit)
        if "failing=1" in condition:
            figures["throughput-no-memory"] = bar_plot(
                {p: data.median(Key("latency", condition, p, "throughput"))
                 for p in data.peers("latency", condition, "throughput")},
                "objects a second, page allocation failing")
    return [save(figure, directory, f"{kernel}-{name}")
            for name, figure in figures.items() if figure]
