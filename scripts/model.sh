#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/model.sh [--list]   (make model)
#
# Model-checks the lock-free parts of rust/ on this machine, without a kernel: runs each
# model of tests/model in all orders that its threads' accesses can have, or in all with so
# many preemptions, also with loads that see old values. loom does that; cargo downloads it
# in the versions of tests/model/Cargo.toml, and builds it in the cache.
#
#   --list          print the models and what they are of
#
#   MODELS="a b"    only these models
#   CARGO=...       a cargo to prefer, 1.85 or newer
#   DEPS=skip       install and download nothing; fail and say what is missing
#   JOBS=n          how many models to run at once
set -euo pipefail
# shellcheck source=lib/common.sh
. "$(dirname "$0")/lib/common.sh"
# shellcheck source=lib/toolchain.sh
. "$top/scripts/lib/toolchain.sh"
# shellcheck source=lib/checks.sh
. "$top/scripts/lib/checks.sh"
help_if_asked "$@"
case "${1-}" in
'' | --list) ;;
*) die "what is $1?" "scripts/model.sh --help" ;;
esac

"$top/scripts/build/deps.sh" model
find_cargo
logs=$(log_dir model)

# Another tree's build would put its program in the place of this one's.
build() {
	lock model
	step "Building the models" "$logs/build" "$CARGO" build --offline \
		--manifest-path "$top/tests/model/Cargo.toml"
	cp "$CARGO_TARGET_DIR/debug/rcu-headless-model" "$logs/models"
}
(build) || exit 1
cleanup_paths+=("$logs/models")

if [ "${1-}" = --list ]; then
	"$logs/models" --list
	exit
fi

# Ends, though a mistake may have a model try for ever.
run_model() {
	RUST_BACKTRACE=0 timeout 600 "$logs/models" "$1" || return 1
	# shellcheck disable=SC2031
	tail -n 1 "$logs/check_$1" >"$note"
}

known=$("$logs/models" --list)
for model in ${MODELS:-$(cut -d ' ' -f 1 <<<"$known")}; do
	what=$(sed -n "s/^$model //p" <<<"$known")
	[ -n "$what" ] || die "no such model: $model" "scripts/model.sh --list prints those that there are."
	eval "check_$model() { run_model $model; }"
	check "check_$model" "$model: $what"
done
run_checks
