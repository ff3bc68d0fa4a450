// SPDX-License-Identifier: GPL-2.0
/*
 * A small user: a configuration that readers look at under RCU and that a writer
 * replaces again and again, retiring the old one, in one of two ways.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kstrtox.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/rcu_headless.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

struct config {
	unsigned int generation;
	char name[48];
};

static struct config __rcu *config;
static DEFINE_MUTEX(config_mutex);

static int config_replace(bool headless)
{
	struct config *new, *old;

	new = kzalloc_obj(*new);
	if (!new)
		return -ENOMEM;

	mutex_lock(&config_mutex);
	old = rcu_dereference_protected(config, lockdep_is_held(&config_mutex));
	new->generation = old ? old->generation + 1 : 0;
	rcu_assign_pointer(config, new);
	mutex_unlock(&config_mutex);

	if (headless) {
		kvfree_rcu_headless(old);
	} else {
		synchronize_rcu();
		kfree(old);
	}
	return 0;
}

static int replace_times(const char *val, bool headless)
{
	unsigned int i, nr;
	u64 start;
	int err;

	err = kstrtouint(val, 0, &nr);
	if (err)
		return err;
	start = ktime_get_ns();
	for (i = 0; i < nr && !err; i++)
		err = config_replace(headless);
	if (nr)
		pr_info("%-32s %7u replacements, %8llu ns each\n",
			headless ? "kvfree_rcu_headless(p):" :
				   "synchronize_rcu(); kfree(p):",
			nr, (ktime_get_ns() - start) / nr);
	return err;
}

static int headless_set(const char *val, const struct kernel_param *kp)
{
	return replace_times(val, true);
}

static int synchronize_set(const char *val, const struct kernel_param *kp)
{
	return replace_times(val, false);
}

static const struct kernel_param_ops headless_ops = { .set = headless_set };
static const struct kernel_param_ops synchronize_ops = { .set = synchronize_set };

module_param_cb(headless, &headless_ops, NULL, 0200);
MODULE_PARM_DESC(headless, "Replace the configuration so many times, headless");
module_param_cb(synchronize, &synchronize_ops, NULL, 0200);
MODULE_PARM_DESC(synchronize, "The same, waiting for a grace period each time");

static int __init demo_init(void)
{
	return config_replace(true);
}

static void __exit demo_exit(void)
{
	kvfree_rcu_headless(rcu_replace_pointer(config, NULL, true));
}

module_init(demo_init);
module_exit(demo_exit);
MODULE_DESCRIPTION("A user of rcu_headless");
MODULE_LICENSE("GPL");
