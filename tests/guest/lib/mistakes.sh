# SPDX-License-Identifier: GPL-2.0
#
# The KUnit suites that make every mistake there is and run short of memory, as something
# that happens: what they say themselves is not looked at.
# shellcheck shell=sh

# shellcheck source=faults.sh
. /tests/lib/faults.sh

kunit=/sys/module/kunit/parameters

# mistakes_need N: the script has so many results, or none where nothing makes mistakes
mistakes_need() {
	ktap_start "$1"
	[ ! -d $kunit ] || return 0
	ktap_skip_each "$1" mistakes "needs CONFIG_KUNIT"
	exit 4
}

# They choose their CPUs themselves.
mistakes_begin() {
	faults_on
	# Those of misuse and of shortage that take little time.
	printf %s 'rcu_headless_[ms][ih][so]*' >$kunit/filter_glob
	printf %s 'speed>slow' >$kunit/filter
	insmod /modules/rcu_headless_kunit.ko
}

mistakes_end() {
	printf %s '*' >$kunit/filter_glob
	printf %s 'speed>=very_slow' >$kunit/filter
	faults_off
	rmmod rcu_headless_kunit
}
