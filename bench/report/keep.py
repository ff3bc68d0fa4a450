# SPDX-License-Identifier: GPL-2.0
"""Renews what is kept of a measurement: the rows and pictures that are there already."""

import csv
import os
import shutil

from .summary import COLUMNS

# What a row is of; the rest of it was measured.
KEY = COLUMNS[:4]


class Incomplete(Exception):
    """A measurement without all that is kept."""


def key_of(row):
    """What tells a row from others."""
    return tuple(row[name] for name in KEY)


def read_rows(path):
    """The rows of a summary, in order."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def renew(kept, measured, table, about):
    """Renews the directory kept by a measurement: its directory, its summary's rows, and lines
    about it. Changes nothing if anything is missing."""
    path = os.path.join(kept, "summary.csv")
    measured_rows = {key_of(row): row for row in table}
    wanted = [key_of(row) for row in read_rows(path)]
    pictures = sorted(name for name in os.listdir(kept) if name.endswith(".svg"))
    missing = [" ".join(key) for key in wanted if key not in measured_rows]
    missing += [name for name in pictures if not os.path.exists(os.path.join(measured, name))]
    if missing:
        raise Incomplete("\n       ".join(["these are kept, and weren't measured:", *missing]))
    for name in pictures:
        shutil.copyfile(os.path.join(measured, name), os.path.join(kept, name))
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.writelines(f"# {line}\n" for line in about)
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(measured_rows[key] for key in wanted)
