// SPDX-License-Identifier: GPL-2.0
/*
 * Objects as small as there are, to fill as many pages of pointers as possible.
 */
#include <linux/kstrtox.h>
#include <linux/moduleparam.h>
#include <linux/rcu_headless.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>

static int small(const char *val, bool headless)
{
	unsigned int nr;
	void *object;
	int err;

	err = kstrtouint(val, 0, &nr);
	while (!err && nr--) {
		object = kmalloc(8, GFP_KERNEL);
		if (!object)
			err = -ENOMEM;
		else if (headless)
			kvfree_rcu_headless(object);
		else
			kvfree_rcu_mightsleep(object);
		cond_resched();
	}
	return err;
}

/* Writing a number makes and frees so many. */
static int small_set(const char *val, const struct kernel_param *kp)
{
	return small(val, true);
}

static const struct kernel_param_ops small_ops = { .set = small_set };
module_param_cb(small, &small_ops, NULL, 0200);

/* The same by the kernel's own call. */
static int small_mightsleep_set(const char *val, const struct kernel_param *kp)
{
	return small(val, false);
}

static const struct kernel_param_ops small_mightsleep_ops = {
	.set = small_mightsleep_set,
};
module_param_cb(small_mightsleep, &small_mightsleep_ops, NULL, 0200);
