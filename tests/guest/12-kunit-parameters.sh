#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The KUnit suites, with parameters as far from the defaults as can be; those to which
# pages, delays, waits and double frees make a difference.

KUNIT_SUITES='rcu_headless_[adlprst]*'
set -- spares=3 drain_delay_ms=0 expedited check_double_free=1
# shellcheck source=lib/kunit.sh
. /tests/lib/kunit.sh
