# SPDX-License-Identifier: GPL-2.0
"""Makes a summary and plots of what make bench has measured.

usage: PYTHONPATH=bench python3 -m report DIRECTORY [KEPT]

DIRECTORY has some of native.csv, counted.csv and counted-arm64.csv; summary.csv and the plots
are written beside them, and the ratios to kvfree_rcu_mightsleep() printed. With KEPT, the rows
of the summary.csv and the plots that are in that directory are renewed as well.
"""

import os
import sys

from . import keep, plots, summary
from .data import Data


def main(arguments):
    """The command."""
    if {"-h", "--help"} & set(arguments):
        print(__doc__.strip())
        return 0
    if len(arguments) not in (1, 2):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    directory, *kept = arguments
    kernels = {}
    for kernel in ("native", "counted", "counted-arm64"):
        path = os.path.join(directory, f"{kernel}.csv")
        if os.path.exists(path):
            kernels[kernel] = Data.read(path)
    if not kernels:
        print(f"error: nothing measured in {directory}\n       make bench", file=sys.stderr)
        return 1
    for kernel, data in kernels.items():
        for path in plots.draw(directory, kernel, data):
            print(f"==> {path}", file=sys.stderr)
    table = summary.write(os.path.join(directory, "summary.csv"), kernels)
    print("\n".join(summary.show(table)))
    about = [f"{kernel}: {line}" for kernel, data in kernels.items() for line in data.about]
    try:
        for path in kept:
            keep.renew(path, directory, table, about)
    except keep.Incomplete as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
