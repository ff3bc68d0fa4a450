#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What latency and callers say when memory is short and every mistake there is has been
# made.
#
# The functions are called by name.
# shellcheck disable=SC2154,SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh
# shellcheck source=lib/mistakes.sh
. /tests/lib/mistakes.sh
# shellcheck source=lib/observe.sh
. /tests/lib/observe.sh

sorted() {
	awk 'NR > 1 { print $1 }' "$dir"/callers >/tmp/rows
	sort -rn /tmp/rows | cmp - /tmp/rows
}

# Of a histogram the buckets, added up, are the number of values.
adds_up() {
	is "$(awk -v name="$1" '$1 ~ "^" name "_(below_[0-9]+|above)$" { sum += $2 }
		END { print sum }' "$dir"/latency)" "$(value latency "$1"_count)"
}

mistakes_need 14
ktap_need insmod /modules/rcu_headless.ko
ktap_need insmod /modules/rcu_headless_canary.ko
ktap_need mistakes_begin
control drain
ktap_check "callers: no objects when off" is "$(callers_sum objects .)" 0
ktap_check "callers: who made mistakes" is "$(callers_sum misuse .)" "$(stats_sum 'misuse_.*')"
ktap_check "callers: there were some" [ "$(callers_sum misuse '\[rcu_headless_kunit\]$')" -gt 10 ]
ktap_check "callers: who had to wait" is "$(callers_sum fallbacks .)" "$(stats_sum fallbacks)"
if [ -d "$page_faults" ]; then
	ktap_check "callers: somebody had to" \
		[ "$(callers_sum fallbacks '\[rcu_headless_kunit\]$')" -gt 0 ]
else
	ktap_skip "callers: somebody had to" "needs CONFIG_FAIL_PAGE_ALLOC"
fi
ktap_check "callers: those first that queue most" sorted
ktap_check "latency: every wait" says latency fallback_us_count "$(stats_sum fallbacks)"
ktap_check "latency: every page again" \
	says latency bulk_objects_count "$(stats_sum batches)"
ktap_check "latency: every object but those waited for" says latency bulk_objects_sum \
	$(($(stats_sum 'freed_.*') - $(stats_sum fallbacks)))
for histogram in page_wait_us fallback_us bulk_objects; do
	ktap_check "latency: $histogram adds up" adds_up $histogram
done

mistakes_end
ktap_check "callers: none of the tests when they are gone" no_rows_of rcu_headless_kunit
ktap_check "callers: but that somebody made mistakes" \
	[ "$(callers_sum misuse ' \(gone\)$')" -gt 10 ]
rmmod rcu_headless
rmmod rcu_headless_canary
ktap_end
