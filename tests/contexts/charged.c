// SPDX-License-Identifier: GPL-2.0
/*
 * Objects that are charged to the memory cgroup of who makes them, freed as fast as
 * they can be made.
 */
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/rcu_headless.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

/* Large enough that they come to the limit before a grace period is over. */
static unsigned int size = 8192;
module_param_named(charged_size, size, uint, 0600);

static unsigned long failed;

static int charged(const char *val, bool headless)
{
	unsigned long nr_failed = 0;
	unsigned int nr;
	void *object;
	int err;

	err = kstrtouint(val, 0, &nr);
	if (err)
		return err;
	/* Several tasks may do so at once. */
	kernel_param_unlock(THIS_MODULE);
	while (nr-- && !fatal_signal_pending(current)) {
		object = kmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
		if (!object)
			nr_failed++;
		else if (headless)
			kvfree_rcu_headless(object);
		else
			kvfree_rcu_mightsleep(object);
		cond_resched();
	}
	kernel_param_lock(THIS_MODULE);
	failed = nr_failed;
	return nr_failed ? -ENOMEM : 0;
}

/* Writing a number makes and frees so many; it fails if some of them can't be made. */
static int charged_set(const char *val, const struct kernel_param *kp)
{
	return charged(val, true);
}

static const struct kernel_param_ops charged_ops = { .set = charged_set };
module_param_cb(charged, &charged_ops, NULL, 0200);

/* The same by the kernel's own call. */
static int charged_mightsleep_set(const char *val, const struct kernel_param *kp)
{
	return charged(val, false);
}

static const struct kernel_param_ops charged_mightsleep_ops = {
	.set = charged_mightsleep_set,
};
module_param_cb(charged_mightsleep, &charged_mightsleep_ops, NULL, 0200);

module_param_named(charged_failed, failed, ulong, 0400);
MODULE_PARM_DESC(charged_failed, "How many allocations failed the last time");
