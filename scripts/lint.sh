#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/lint.sh   (make lint)
#
# Looks at the sources without a kernel and without building anything, in less than half a
# minute: formatting of Rust and the direction of its imports, shellcheck, pyflakes and
# pycodestyle, the tools' tests, docutils, names of files in documentation and comments,
# licenses, and that each fault on purpose still fits. Every check is made, even when one
# fails. make check does the same and looks further, with a kernel.
#
#   DEPS=skip   install nothing; fail and say what is missing
#   JOBS=n      how many checks to run at once
set -euo pipefail
# shellcheck source=lib/common.sh
. "$(dirname "$0")/lib/common.sh"
# shellcheck source=lib/toolchain.sh
. "$top/scripts/lib/toolchain.sh"
# shellcheck source=lib/checks.sh
. "$top/scripts/lib/checks.sh"
# shellcheck source=lint/checks.sh
. "$top/scripts/lint/checks.sh"
help_if_asked "$@"
no_arguments "$@"

"$top/scripts/build/deps.sh" lint
find_rustfmt
cd "$top"
source=''
logs=$(log_dir lint)
run_checks
