// SPDX-License-Identifier: GPL-2.0
#include <linux/bug.h>

#include "helpers.h"

void rcu_headless_helper_warn(const char *what, unsigned long caller)
{
	WARN(caller, "rcu_headless: %s, by %pS\n", what, (void *)caller);
	WARN(!caller, "rcu_headless: %s, by a call in atomic context\n", what);
}
