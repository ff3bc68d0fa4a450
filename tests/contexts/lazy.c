// SPDX-License-Identifier: GPL-2.0
/*
 * Callbacks that RCU may put off for seconds (CONFIG_RCU_LAZY), beside an object: it
 * isn't to wait for them.
 */
#include <linux/cpu.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/rcu_headless.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "canary.h"

static DEFINE_PER_CPU(struct rcu_head, heads);
static atomic_t waiting;
static bool object_first;

static void called(struct rcu_head *head)
{
	atomic_dec(&waiting);
}

static long put_off(void *unused)
{
	atomic_inc(&waiting);
	call_rcu(this_cpu_ptr(&heads), called);
	return 0;
}

/*
 * Writing anything frees an object, after each other CPU has had a callback to put
 * off, and waits until the object is freed or all callbacks have been called.
 */
static int lazy_set(const char *val, const struct kernel_param *kp)
{
	unsigned int cpu, here;
	void *object = canary_new(CANARY_SLAB);

	if (!object)
		return -ENOMEM;
	here = raw_smp_processor_id();
	for_each_online_cpu(cpu)
		if (cpu != here)
			work_on_cpu(cpu, put_off, NULL);
	kvfree_rcu_headless(object);
	while (canary_alive(object) && atomic_read(&waiting))
		schedule_timeout_uninterruptible(1);
	object_first = atomic_read(&waiting) > 0;
	rcu_barrier();
	return 0;
}

static int lazy_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s first\n", object_first ? "object" : "callbacks");
}

static const struct kernel_param_ops lazy_ops = { .set = lazy_set, .get = lazy_get };
module_param_cb(lazy, &lazy_ops, NULL, 0600);
