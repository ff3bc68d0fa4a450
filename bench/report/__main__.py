# SPDX-License-Identifier: GPL-2.0
"""Makes a summary and plots of what make bench has measured.

usage: PYTHONPATH=bench python3 -m report DIRECTORY

The directory has native.csv, counted.csv or both; summary.csv and the plots are put
beside them, and the ratios to kvfree_rcu_mightsleep() printed.
"""

import os
import sys

from . import plots, summary
from .data import Data


def main(arguments):
    """The command."""
    if len(arguments) != 1 or arguments[0] in ("-h", "--help"):
        print(__doc__.strip())
        return 0 if arguments else 2
    directory = arguments[0]
    kernels = {}
    for kernel in ("native", "counted"):
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
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
