#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The trace events of mistakes and of waits: one for each that is counted.

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh
# shellcheck source=lib/mistakes.sh
. /tests/lib/mistakes.sh
# shellcheck source=lib/trace.sh
. /tests/lib/trace.sh

if [ ! -d $tracing/events ]; then
	ktap_start 1
	ktap_skip "trace events" "needs CONFIG_TRACING"
	exit 4
fi
mistakes_need 4
ktap_need insmod /modules/rcu_headless.ko
ktap_need insmod /modules/rcu_headless_canary.ko
echo 16384 >$tracing/buffer_size_kb
echo 0 >$tracing/trace
echo 1 >$events/enable
echo 0 >$events/queue/enable
ktap_need mistakes_begin
ktap_check "queue: not when it is off" is "$(seen queue .)" 0
ktap_check "misuse: each" is "$(seen misuse 'caller=.* kind=misuse_[a-z_]+$')" \
	"$(stats_sum 'misuse_.*')"
ktap_check "misuse: there was some" [ "$(seen misuse kind=misuse_atomic)" -gt 0 ]
ktap_check "fallback: each" is "$(seen fallback 'caller=.* waited_ns=[1-9]')" \
	"$(stats_sum fallbacks)"
mistakes_end

echo 0 >$events/enable
rmmod rcu_headless
rmmod rcu_headless_canary
echo 0 >$tracing/trace
echo 1 >$tracing/buffer_size_kb
ktap_end
