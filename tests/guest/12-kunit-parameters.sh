#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The KUnit suites, with parameters as far from the defaults as can be; but those of
# hotplug and of what debugfs shows, for which they are all the same.

KUNIT_SUITES='rcu_headless_[!ho]*'
set -- spares=3 drain_delay_ms=0 expedited check_double_free=1
# shellcheck source=lib/kunit.sh
. /tests/lib/kunit.sh
