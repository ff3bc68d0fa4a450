// SPDX-License-Identifier: GPL-2.0
/*
 * Callbacks of RCU that take their time: what is given to call_rcu() on the same
 * CPU after them is called late, when its grace period is long over for others.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/rcu_headless.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

/* So many times a millisecond is more than it takes to unload a module. */
#define NR 2000

static struct rcu_head heads[NR];
static bool used;

/* How many have been called. One CPU calls them all. */
static unsigned int called;
module_param_named(flood_called, called, uint, 0400);

static unsigned int nr = NR;
module_param_named(flood_nr, nr, uint, 0400);
MODULE_PARM_DESC(flood_nr, "How many there are");

static void slow_callback(struct rcu_head *head)
{
	mdelay(1);
	WRITE_ONCE(called, called + 1);
}

/* So large an object has its page sealed on this CPU, and so the alarm set there as well. */
static long flood(void *object)
{
	void (*free)(const void *ptr);
	size_t i;

	free = symbol_get(kvfree_rcu_headless);
	if (!free)
		return -ENOENT;
	for (i = 0; i < NR; i++)
		call_rcu(&heads[i], slow_callback);
	free(object);
	symbol_put(kvfree_rcu_headless);
	return 0;
}

/* Writing anything, once, floods the last CPU, and queues an object behind that. */
static int flood_set(const char *val, const struct kernel_param *kp)
{
	unsigned int last = cpumask_last(cpu_online_mask);
	void *object;

	if (used || num_online_cpus() < 2)
		return -EBUSY;
	object = vmalloc(SZ_2M);
	if (!object)
		return -ENOMEM;
	used = true;
	return work_on_cpu(last, flood, object);
}

static const struct kernel_param_ops flood_ops = { .set = flood_set };
module_param_cb(flood, &flood_ops, NULL, 0200);

static void __exit flood_exit(void)
{
	rcu_barrier();
}

module_exit(flood_exit);
