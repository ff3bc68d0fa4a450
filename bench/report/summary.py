# SPDX-License-Identifier: GPL-2.0
"""Ratios of our medians to those of each peer in the same run."""

import csv

from .data import Key

COLUMNS = ["measure", "condition", "ours", "peer", "ours_value", "peer_value", "unit",
           "ratio"]


def is_ours(peer):
    """Whether it is one of rcu_headless."""
    return peer.startswith("headless")


def unit(kernel, name):
    """What a unit stands for: where instructions are counted, time is them."""
    return "instructions" if kernel.startswith("counted") and name == "ns" else name


def rows(kernel, data):
    """A row for each of ours and each other peer under the same condition."""
    for key in list(data.values):
        if not is_ours(key.peer):
            continue
        for peer in data.peers(key.measure, key.condition, key.name):
            if is_ours(peer):
                continue
            ours = data.median(key)
            theirs = data.median(Key(key.measure, key.condition, peer, key.name))
            ratio = f"{ours / theirs:.3f}" if theirs else ""
            yield [f"{kernel}:{key.measure}:{key.name}", key.condition, key.peer, peer,
                   f"{ours:.3f}", f"{theirs:.3f}", unit(kernel, data.units[key]), ratio]


def write(path, kernels):
    """Writes all rows of all kernels, and returns them."""
    table = [row for kernel, data in kernels.items() for row in rows(kernel, data)]
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(table)
    return [dict(zip(COLUMNS, row)) for row in table]


def show(table, peer="mightsleep"):
    """The ratios to one peer, as text."""
    yield f"Ratios to {peer}, medians; below 1 is less than it:"
    yield ""
    for row in table:
        if row["peer"] == peer and row["ratio"]:
            yield (f"{row['ratio']:>9}  {row['measure']:32} {row['ours']:18} "
                   f"{row['condition']:44} "
                   f"{row['ours_value']} / {row['peer_value']} {row['unit']}")
