# SPDX-License-Identifier: GPL-2.0
#
# The module's trace events.
# shellcheck shell=sh disable=SC2034

tracing=/sys/kernel/tracing
events=$tracing/events/rcu_headless
dir=/sys/kernel/debug/rcu_headless

# seen EVENT REGEX: how often the event was traced with fields that match
seen() {
	grep -cE " $1: .*$2" $tracing/trace
}
