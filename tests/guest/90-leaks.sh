#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Whether kmemleak misses any memory after all other tests.

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

kmemleak=/sys/kernel/debug/kmemleak

ktap_start 1
if [ ! -w $kmemleak ] || ! echo scan >$kmemleak 2>/dev/null; then
	ktap_skip "no memory has leaked" "needs CONFIG_DEBUG_KMEMLEAK"
	exit 4
fi
# kmemleak doesn't report what is younger than five seconds.
sleep 6
echo scan >$kmemleak
echo scan >$kmemleak
sed 's/^/# /' $kmemleak
ktap_check "no memory has leaked" [ -z "$(cat $kmemleak)" ]
ktap_end
