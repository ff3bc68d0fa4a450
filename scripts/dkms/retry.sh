#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/dkms/retry.sh
#
# Run by dpkg at the end of its run, when something has come to or gone from /usr/src, and after
# the package's own configuration. Has DKMS build the module for kernels that were skipped and can
# be served now, and says of the others why they can't. For those that it was built for, has DKMS
# look again at other modules: those that need ours were skipped, if their turn came first. What
# belongs to headers that are gone is removed, and made anew for those that are of another version.
set -euo pipefail
# shellcheck source=settings.sh
. "$(dirname "$0")/settings.sh"
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
# shellcheck source=../lib/headers.sh
. "$top/scripts/lib/headers.sh"
help_if_asked "$@"
no_arguments "$@"

# The lock is given back: what comes below takes it itself.
[ ! -d "$cache/headers" ] || (lock headers && forget_gone "$cache/headers")
[ ! -d "$kernels" ] || find "$kernels" -xtype l -delete
for link in "$kernels"/*; do
	kernel=${link##*/}
	[ -d "$link" ] || continue
	[ "$(cat "$kernels/.$kernel" 2>/dev/null)" != "$(debian_version "$link")" ] || continue
	say "The headers of $kernel are of another version now"
	rm "$link"
	"$top/scripts/dkms/pre-build.sh" "$kernel" "/lib/modules/$kernel/build" || true
done

for file in "$skipped"/*; do
	kernel=${file##*/} headers=/lib/modules/${file##*/}/build
	[ -f "$file" ] || continue
	if [ ! -d "$headers/include" ]; then
		rm "$file"
		continue
	fi
	say "rcu_headless was skipped for $kernel; trying again"
	status=0
	"$top/scripts/dkms/pre-build.sh" "$kernel" "$headers" || status=$?
	case $status in
	0) mkdir -p "$built" && touch "$built/$kernel" ;;
	77) say "No rcu_headless for $kernel until then" ;;
	*) say "That has failed; it is tried again when something else comes to /usr/src" ;;
	esac
done

# What is built in the first round is there again, and others may have had their turn before.
for round in 1 2; do
	for file in "$built"/*; do
		[ -f "$file" ] || continue
		rm "$file"
		dkms autoinstall -k "${file##*/}" ||
			say "DKMS could not build all modules for ${file##*/} (round $round)"
	done
done
