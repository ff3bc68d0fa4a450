// SPDX-License-Identifier: GPL-2.0
/*
 * The version that modinfo shows; the module! macro knows no such field. It is the
 * newest of CHANGELOG.md, which "make lint" compares.
 */
#include <linux/module.h>

MODULE_VERSION("0.9.0");
