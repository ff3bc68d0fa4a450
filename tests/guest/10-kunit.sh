#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The KUnit suites, with the module as it is by default.

# shellcheck source=lib/kunit.sh
. /tests/lib/kunit.sh
