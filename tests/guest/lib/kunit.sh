# SPDX-License-Identifier: GPL-2.0
#
# Runs the KUnit suites against the module, loaded with the parameters given, with
# page allocation set up to fail for tests that want it. KUNIT_SUITES says which, if
# not all.
# shellcheck shell=sh

set -e

debugfs=/sys/kernel/debug

# shellcheck source=faults.sh
. /tests/lib/faults.sh
# shellcheck source=ktap.sh
. /tests/lib/ktap.sh
# shellcheck source=hog.sh
. /tests/lib/hog.sh
if [ ! -d /sys/module/kunit ]; then
	ktap_start 1
	ktap_skip "the KUnit suites" "needs CONFIG_KUNIT"
	exit 4
fi
faults_on
# A CPU that a test occupies gets round to nothing else.
hogs_on

insmod /modules/rcu_headless.ko "$@"
insmod /modules/rcu_headless_canary.ko
kunit_glob=/sys/module/kunit/parameters/filter_glob
kunit_all=$(cat $kunit_glob)
printf %s "${KUNIT_SUITES-$kunit_all}" >$kunit_glob
insmod /modules/rcu_headless_kunit.ko
printf %s "$kunit_all" >$kunit_glob

suites=$(cd $debugfs/kunit && echo rcu_headless_*)
failed=0
nr=0
echo "KTAP version 1"
echo "1..$(echo "$suites" | wc -w)"
for suite in $suites; do
	nr=$((nr + 1))
	results=$debugfs/kunit/$suite/results
	# The file is a KTAP document of one suite: less its header, and with the
	# suite's number changed, it is one of ours.
	sed -e '/^KTAP version/d' -e '/^1\.\.1$/d' -e '/^\(not \)\?ok 1 /d' "$results"
	planned=$(sed -n 's/^ *1\.\.\([0-9]*\)$/\1/p' "$results" | tail -n 1)
	run=$(grep -c '^    \(not \)\?ok ' "$results")
	if grep -q "^ok 1 $suite" "$results" && [ "$planned" -eq "$run" ]; then
		echo "ok $nr $suite"
	else
		echo "# $run of $planned cases were run"
		echo "not ok $nr $suite"
		failed=1
	fi
done

rmmod rcu_headless_kunit
rmmod rcu_headless_canary
rmmod rcu_headless
hogs_off
faults_off
exit $failed
