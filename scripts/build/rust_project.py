#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Add the module's crate to the kernel's rust-project.json, for rust-analyzer.

The kernel's generate_rust_analyzer.py wants a Kbuild beside each crate's root, and knows
neither what is given to ours in its environment nor where its bindings are.
"""

import argparse
import json
import os
import shlex
import sys

# What Kbuild gives each module with --extern.
EXTERN = ("core", "kernel", "pin_init", "zerocopy", "zerocopy_derive")


def configuration(command):
    """The --cfg options of the compiler's last run, which Kbuild keeps in a file."""
    with open(command, encoding="utf-8") as file:
        words = shlex.split(file.readline())
    return [value for option, value in zip(words, words[1:]) if option == "--cfg"]


def crate(project, root, out, objtree):
    """The description of our crate."""
    bindings = os.path.join(out, "rust", "bindings", "generated.rs")
    index = {known["display_name"]: number for number, known in enumerate(project["crates"])}
    missing = [name for name in EXTERN if name not in index]
    if missing:
        sys.exit(f"error: the kernel's rust-project.json lacks {', '.join(missing)}")
    return {
        "display_name": "rcu_headless",
        "root_module": root,
        "is_workspace_member": True,
        "deps": [{"crate": index[name], "name": name} for name in EXTERN],
        "cfg": project["crates"][index["kernel"]]["cfg"]
        + configuration(os.path.join(out, "rust", ".rcu_headless.o.cmd")),
        "edition": "2021",
        "env": {
            "OBJTREE": objtree,
            "RCU_HEADLESS_ARM64_OFFSET": os.path.join(
                out, "rust", "platform", "this_cpu", "arm64_offset.rs"),
            "RCU_HEADLESS_BINDINGS": bindings,
            "RUST_MODFILE": "rcu_headless",
        },
        "source": {
            "include_dirs": [os.path.dirname(root), os.path.dirname(bindings)],
            "exclude_dirs": [],
        },
    }


def main():
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", help="the kernel's rust-project.json")
    parser.add_argument("--root", required=True, help="rcu_headless.rs")
    parser.add_argument("--out", required=True, help="where the module was built")
    parser.add_argument("--objtree", required=True, help="where the kernel was built")
    args = parser.parse_args()
    with open(args.project, encoding="utf-8") as file:
        project = json.load(file)
    # To read, not to be looked through for mistakes.
    for known in project["crates"]:
        known["is_workspace_member"] = False
    project["crates"].append(crate(project, os.path.abspath(args.root),
                                   os.path.abspath(args.out), os.path.abspath(args.objtree)))
    json.dump(project, sys.stdout, indent=4, sort_keys=True)
    print()


if __name__ == "__main__":
    main()
