#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The sample, in the guest of make test-deb.

text=/sys/module/rcu_headless_sample/parameters/text

insmod /modules/rcu_headless.ko || exit
insmod /modules/rcu_headless_sample.ko text=one
echo two >$text
echo "text: $(cat $text)"
rmmod rcu_headless_sample && rmmod rcu_headless && echo "unloaded"
