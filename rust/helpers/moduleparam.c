// SPDX-License-Identifier: GPL-2.0
/*
 * The parameters' names and help; params.rs does the rest. They are here since
 * the module! macro shows none in sysfs.
 */
#include <linux/moduleparam.h>

#include "helpers.h"

static const struct kernel_param_ops rcu_headless_param_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = rcu_headless_param_set,
	.get = rcu_headless_param_get,
};

/* params.rs finds its own by the name. */
#define PARAM(name) \
	module_param_cb(name, &rcu_headless_param_ops, NULL, 0644)

PARAM(spares);
MODULE_PARM_DESC(spares, "Empty pages that each CPU keeps at hand, 3 to 32 (default 4)");
PARAM(drain_delay_ms);
MODULE_PARM_DESC(drain_delay_ms,
		 "Longest wait of a page for more pointers, 0 to 10000 ms (default 100)");
PARAM(expedited);
MODULE_PARM_DESC(expedited, "Callers who wait hurry RCU (default N)");
PARAM(check_double_free);
MODULE_PARM_DESC(check_double_free,
		 "Look for each object among those queued last (default N)");
PARAM(pending_mib);
MODULE_PARM_DESC(pending_mib,
		 "Callers wait when objects that take so many MiB do (default 1/16 of memory)");
