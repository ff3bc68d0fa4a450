#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# MPLS with its table of labels freed by kvfree_rcu_headless(): the table is replaced again
# and again, by those of kmalloc and now and then a larger one of vmalloc, while the
# kernel's packet generator sends packets whose label is looked up in it, and others list
# all of it. No packet may miss its route, and no list. The same again while
# allocations of pages fail, once more where rcu_headless has to wait as nothing is left to
# it, and before all that with MPLS as it is in the kernel.
#
# On kernels with MPLS as a module; the word mpls_resizes= says how often, a twentieth
# of that where each has to wait for a grace period.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh
# shellcheck source=lib/faults.sh
. /tests/lib/faults.sh

[ -f /modules/mpls_router-converted.ko ] || exit 4

debugfs=/sys/kernel/debug/rcu_headless
reader=/sys/module/rcu_headless_leftovers/parameters
mpls=/proc/sys/net/mpls
pktgen=/proc/net/pktgen
# Near the end of the smaller ones, so that who lists a table is in it for long before.
label=29990
# shellcheck disable=SC2154
resizes=${mpls_resizes:-2000}
# At least so many packets and lists there are to be while the table is replaced.
packets_wanted=2000
lists_wanted=200

# statistics N: of lo, column N of: bytes, packets, errors, dropped, noroute
statistics() {
	/sbin/ip stats show dev lo group afstats subgroup mpls |
		awk -v column="$1" '/RX:/ { getline; print $column; exit }'
}

# Lists all routes, until told to stop, and counts the lists; a mistake is kept.
list() {
	while [ ! -e /tmp/stop ]; do
		/sbin/ip -f mpls -b /tmp/lists >/tmp/listed
		if is "$(grep -c "^$label dev lo" /tmp/listed)" 10; then
			echo >>/tmp/good
		else
			echo "# of 10 lists with the route: $(grep -c "^$label dev lo" /tmp/listed)"
			: >/tmp/mistake
		fi
	done
}

# Labels are looked up from now on, and listed: not on the first CPU.
begin() {
	rm -f /tmp/stop /tmp/good /tmp/mistake
	: >/tmp/good
	echo 30000 >$mpls/platform_labels &&
		echo 1 >$mpls/conf/lo/input &&
		/sbin/ip -f mpls route add $label dev lo || return 1
	echo "add_device lo" >$pktgen/kpktgend_1 || return 1
	# With the label, and 255 as its time to live.
	for words in "count 0" "delay 0" "dst 10.1.1.1" "dst_mac 00:00:00:00:00:00" \
		"$(printf 'mpls %05x0ff' $label)"; do
		echo "$words" >$pktgen/lo || return 1
	done
	echo start >$pktgen/pgctrl &
	generator=$!
	list &
	lister=$!
	taskset -p fe $lister >/dev/null
}

end() {
	: >/tmp/stop
	echo stop >$pktgen/pgctrl
	wait "$generator" "$lister"
	echo rem_device_all >$pktgen/kpktgend_1
	/sbin/ip -f mpls route del $label dev lo
}

# resize SIZE: replaces the table; those that are made are counted
resize() {
	if echo "$1" >$mpls/platform_labels; then
		replaced=$((replaced + 1))
	else
		failed=$((failed + 1))
	fi 2>/dev/null
}

# replace NR: tables; one of twenty is larger. Where pages are to fail, they do for this, which
# starts no program.
replace() {
	nr=0
	[ ! -e /tmp/may_fail ] || echo 1 >/proc/self/make-it-fail
	while [ $nr -lt "$1" ]; do
		nr=$((nr + 1))
		case $((nr % 20)) in
		0) resize 600000 ;;
		*) resize $((30000 + nr % 2)) ;;
		esac
	done
	# That itself may fail.
	until [ ! -e /tmp/may_fail ] || echo 0 >/proc/self/make-it-fail; do :; done 2>/dev/null
}

# replaced_under_load NR: tables, and more until enough packets and lists have been made
# meanwhile, but not for ever; all of them have found the route
replaced_under_load() {
	begin || return 1
	before=$(statistics 2)
	replaced=0
	failed=0
	packets=0
	lists=0
	rounds=0
	while [ "$packets" -lt $packets_wanted ] || [ "$lists" -lt $lists_wanted ]; do
		rounds=$((rounds + 1))
		[ $rounds -le 20 ] || break
		replace "$1"
		packets=$(($(statistics 2) - before))
		lists=$((10 * $(grep -c "" /tmp/good)))
		[ ! -e /tmp/mistake ] || break
	done
	end
	lost=$(($(statistics 3) + $(statistics 4) + $(statistics 5)))
	echo "# replaced: $replaced, not: $failed; meanwhile packets: $packets, lost: $lost, lists: $lists"
	[ "$replaced" -gt 0 ] && [ "$lost" -eq 0 ] && [ ! -e /tmp/mistake ] &&
		[ "$packets" -ge $packets_wanted ] && [ "$lists" -ge $lists_wanted ] &&
		{ [ "$failed" -eq 0 ] || [ -e /tmp/may_fail ]; }
}

# While a reader keeps all from being freed, until spares are used up; it ends when one waits
# for it.
waited_for_reader() {
	rm -f /tmp/stop
	before=$(counter fallbacks)
	echo 1 >$reader/forget || return 1
	(
		echo 1 >/proc/self/make-it-fail
		while [ ! -e /tmp/stop ]; do
			echo 300 >$mpls/platform_labels
		done
	) 2>/dev/null &
	resizer=$!
	wait_for 15 has_fallen_back "$before"
	waited=$?
	pending=$(counter pending)
	: >/tmp/stop
	echo 0 >$reader/forget
	wait $resizer
	echo "# pending behind a reader when it had to wait: $pending"
	[ $waited -eq 0 ]
}

has_fallen_back() {
	[ "$(counter fallbacks)" -gt "$1" ]
}

ktap_start 10
for nr in 1 2 3 4 5 6 7 8 9 10; do
	echo "route show"
done >/tmp/lists
# The other CPUs are for those who read.
taskset -p 1 $$ >/dev/null
for module in ip_tunnel pktgen; do
	[ ! -f /modules/$module.ko ] || ktap_need insmod /modules/$module.ko
done
/sbin/ip link set lo up

ktap_need insmod /modules/mpls_router-plain.ko
ktap_check "as it is" replaced_under_load $((resizes / 20))
ktap_need rmmod mpls_router

ktap_need insmod /modules/rcu_headless.ko
ktap_need insmod /modules/rcu_headless_canary.ko
ktap_need insmod /modules/rcu_headless_leftovers.ko
echo "callers on" >$debugfs/control
ktap_need insmod /modules/mpls_router-converted.ko
ktap_check "converted" replaced_under_load "$resizes"
# The last one is still in use.
ktap_check "tables went through rcu_headless" \
	[ "$(stats_sum 'queued_.*')" -ge $((replaced - 1)) ]
ktap_check "those of vmalloc too" [ "$(counter queued_vmalloc)" -ge $((replaced / 20 - 1)) ]
grep mpls $debugfs/callers | sed 's/^/# /'
ktap_check "callers tell where from" grep -q mpls_platform_labels $debugfs/callers
if [ -d $page_faults ]; then
	: >/tmp/may_fail
	# The kernel says so where there is none for a large table.
	echo "rcu_headless-test: allow vmalloc error" >/dev/kmsg
	pages_fail
	replaced_under_load "$resizes"
	failing=$?
	# Where only those fail that may not wait, it's pages of pointers that do.
	[ "$failed" -gt 0 ] || is_uml || failing=1
	# So many that spares run out sooner than they are replaced; some new tables come about. Who
	# replaces them has all the pages that it needs itself, user-mode Linux included.
	echo N >$page_faults/ignore-gfp-wait
	echo 80 >$page_faults/probability
	waited_for_reader
	waited=$?
	pages_come_again
	echo "rcu_headless-test: expect-end" >/dev/kmsg
	rm /tmp/may_fail
	ktap_result "converted, page allocation failing" $failing
	ktap_result "converted, waiting for a reader for lack of pages" $waited
else
	ktap_skip "converted, page allocation failing" "needs FAIL_PAGE_ALLOC"
	ktap_skip "converted, waiting for a reader for lack of pages" "needs FAIL_PAGE_ALLOC"
fi
echo "# fallbacks: $(counter fallbacks)"
ktap_check "the module can go" rmmod mpls_router
echo drain >$debugfs/control
ktap_check "all is freed" wait_for 10 nothing_pending
rmmod rcu_headless_leftovers
ktap_check "and rcu_headless" rmmod rcu_headless
rmmod rcu_headless_canary
ktap_end
