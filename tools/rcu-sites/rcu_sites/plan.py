# SPDX-License-Identifier: GPL-2.0
"""Which modules a kernel's configuration builds of those that have convertible sites.

usage: python3 -m rcu_sites.plan TREE SITES CONFIG

TREE is a kernel's source, SITES what "find-sites --json" says of it, CONFIG a .config. One line
for each module that is in SITES with a site convertible in it:

  STATE PATH SITE...

STATE is m, y or n, PATH that of the module from where TREE begins, without suffix, SITE a file
and line. For scripts/convert-tree.sh.
"""

import json
import re
import sys

from . import kbuild, sites


def main():
    """The command."""
    if len(sys.argv) != 4:
        print(__doc__.strip())
        return 0 if {"-h", "--help"} & set(sys.argv[1:]) else 2
    tree, found, config = sys.argv[1:]
    with open(config, encoding="utf-8") as file:
        set_to = dict(re.findall(r"^(CONFIG_\w+)=([ym])$", file.read(), re.M))
    with open(found, encoding="utf-8") as file:
        convertible = [s for s in json.load(file) if s["verdict"] == sites.MODULE]
    plan = {}
    for site in convertible:
        for module, symbol in kbuild.modules(tree, site["path"]).items():
            state = set_to.get(symbol, "n") if symbol else "m"
            plan.setdefault((module, state), []).append(f"{site['path']}:{site['line']}")
    for (module, state), places in sorted(plan.items()):
        print(state, module, *places)
    return 0


if __name__ == "__main__":
    sys.exit(main())
