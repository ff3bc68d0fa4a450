// SPDX-License-Identifier: GPL-2.0
/*
 * A module outside of rcu_headless's tree that uses it: a text in
 * /sys/module/rcu_headless_sample/parameters/text, which is copied under RCU and
 * replaced.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/rcu_headless.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

static char __rcu *text;

static int text_set(const char *val, const struct kernel_param *kp)
{
	char *new, *old;

	new = kstrndup(val, strcspn(val, "\n"), GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	/* Writers of parameters hold a lock. */
	old = rcu_replace_pointer(text, new, true);
	kvfree_rcu_headless(old);
	return 0;
}

static int text_get(char *buffer, const struct kernel_param *kp)
{
	const char *now;
	int len = 0;

	rcu_read_lock();
	now = rcu_dereference(text);
	if (now)
		len = sysfs_emit(buffer, "%s\n", now);
	rcu_read_unlock();
	return len;
}

/* Only once the file is gone, which is later than sample_exit(). */
static void text_free(void *arg)
{
	kfree(rcu_dereference_protected(text, true));
}

static const struct kernel_param_ops text_ops = {
	.set = text_set,
	.get = text_get,
	.free = text_free,
};

module_param_cb(text, &text_ops, NULL, 0644);
MODULE_PARM_DESC(text, "Any text");

static int __init sample_init(void)
{
	return 0;
}

static void __exit sample_exit(void)
{
}

module_init(sample_init);
module_exit(sample_exit);
MODULE_DESCRIPTION("A user of rcu_headless outside of its tree");
MODULE_LICENSE("GPL");
