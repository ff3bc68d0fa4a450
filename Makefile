# SPDX-License-Identifier: GPL-2.0
#
# What a person types. What the kernel's build reads is Kbuild.

# Several goals in one command are done in their order, with -j as without.
.NOTPARALLEL:

goals := modules modules_install clean

scripts := lint check model run test options torture mutants bench convert convert-tree \
	listing rustdoc rust-analyzer deb test-deb

.PHONY: help install $(scripts) $(goals)

ifdef KDIR
.DEFAULT_GOAL := modules
else
.DEFAULT_GOAL := help
endif
KDIR ?= /lib/modules/$(shell uname -r)/build

help:
	@sed -n 's/^#: \{0,1\}//p' $(firstword $(MAKEFILE_LIST))

#: rcu_headless: free objects after an RCU grace period, without an rcu_head
#:
#:   make run     build it with a user-mode Linux, boot that, show it at work
#:   make test    run all tests on user-mode Linux and on x86_64 in QEMU
#:   make options some of them on kernels with other options
#:   make torture a longer and harder test, on kernels built to find what tests don't
#:   make mutants whether the tests find each of some eighty faults made on purpose
#:   make bench   what it costs, against what else there is
#:   make convert ext4 and MPLS converted to it by the tool, at work
#:   make convert-tree  all sites of the kernel that can be, converted and built
#:   make lint    what can be checked without a kernel, in about a minute
#:   make check   make lint, and what clippy, the compiler, checkpatch and rustdoc say
#:   make model   the lock-free parts, with their accesses in every order, by loom
#:   make listing the instructions of the call, counted (also: ARCH=arm64)
#:   make rustdoc the documentation of the Rust code, to read in a browser
#:   make rust-analyzer  rust-project.json, so that editors complete and explain
#:   make deb     packages for Debian 13: the module by DKMS, and the tools
#:   make test-deb  what becomes of them in a fresh Debian 13
#:   make help    this list
#:
#: For the kernel that runs, or another that was built with Rust, KDIR=/path/to/kernel:
#:
#:   make modules           build the module
#:   make modules_install   install it (also: install)
#:   make clean             remove what was built
#:
#: Variables:
#:
#:   DEPS=skip     install no packages; say what is missing
#:   JOBS=n        how many compilers to run at once (default: one per CPU)
#:   KERNELS=...   for make test and torture: some of um, x86_64 and the
#:                 others of scripts/build/kernels/flavours, with @8 for eight CPUs,
#:                 -7.2 for that series of Linux; debian, debian-rt, debian-arm64
#:                 and others for Debian's own (default: um x86_64; for torture all;
#:                 for check, rustdoc and rust-analyzer um)
#:   DURATION=s    for make torture: how long on each kernel (default: 600)
#:   SEED=n        for make torture: what chance begins with (default: 1)
#:   TESTS=...     for make test: only these, as "10-kunit 22-readers" (default: all)
#:   MUTANTS=...   for make mutants: only these of tests/mutants, as "spare_stays"
#:                 (default: all)
#:   MODELS=...    for make model: only these, as "fifo-full" (default: all)
#:   SITES=file    for make convert-tree: what find-sites --json has said
#:   QUICK=1       for make bench: little of it; for make test-deb: with the metadata of a
#:                 run before
#:   DEB_DIR=...   for make deb: where to leave them (default: deb/ in the cache)
#:   ROUNDS=n      for make bench: how often (default: 7)
#:   KEEP=1        for make bench: renew Documentation/performance by it
#:   ACCEL=...     for make test: kvm or tcg instead of finding out
#:   RUSTC=...     a compiler to prefer
#:
#: Kernels and tools are kept in $XDG_CACHE_HOME/rcu-headless, by default
#: ~/.cache/rcu-headless. Each script under scripts/ has a --help.

$(scripts):
	@scripts/$@.sh

install: modules_install

$(goals):
	+@scripts/build/module.sh "$(KDIR)" $@ $(MAKEOVERRIDES)
