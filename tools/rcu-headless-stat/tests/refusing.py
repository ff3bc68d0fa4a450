# SPDX-License-Identifier: GPL-2.0
"""Runs rcu-headless-stat as on a kernel that refuses to open some files.

usage: refusing.py ERRNO NAME[,NAME...] LOG LOCKDOWN [ARGUMENT...]

Root isn't kept out by modes, so this is done where files are opened. Each refusal is a
line in LOG. LOCKDOWN is what is read for /sys/kernel/security/lockdown.
"""

import builtins
import errno
import os
import runpy
import sys

from rcu_headless_stat import source


def main(code, names, log, lockdown, *arguments):
    """Has the tool's own opening of files refused."""
    number = getattr(errno, code)

    def refusing(path, mode="r", **kwargs):
        if os.path.basename(path) in names.split(","):
            with builtins.open(log, "a", encoding="utf-8") as file:
                file.write(f"{os.path.basename(path)} {mode}\n")
            raise OSError(number, os.strerror(number), path)
        return builtins.open(path, mode, **kwargs)

    # It finds this one before the builtin.
    source.open = refusing
    source.lockdown_level.__defaults__ = (lockdown,)
    tool = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                        "rcu-headless-stat")
    sys.argv = [tool, *arguments]
    runpy.run_path(tool, run_name="__main__")


if __name__ == "__main__":
    main(*sys.argv[1:])
