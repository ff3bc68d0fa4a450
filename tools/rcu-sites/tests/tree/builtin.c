// SPDX-License-Identifier: GPL-2.0
/* Not compiled. As module.c, for what can't be a module. */
#include <linux/rcupdate.h>
#include <linux/slab.h>

/* convertible_builtin_only adjacent */
void replace(struct holder *h, struct table *new)
{
	struct table *old = rcu_replace_pointer(h->table, new, 1);

	synchronize_rcu();
	kfree(old);
}
