// SPDX-License-Identifier: GPL-2.0
/*
 * Begins the torture when it is loaded. Writing 1 to the parameter stop ends it:
 * then all objects are retired and freed, and the counts are final.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/rcu_headless.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/torture.h>

#include "failing.h"
#include "torture.h"

static unsigned long seed = 1;
module_param(seed, ulong, 0444);
MODULE_PARM_DESC(seed, "What chance begins with");

static unsigned int onoff_ms;
module_param(onoff_ms, uint, 0444);
MODULE_PARM_DESC(onoff_ms, "Take a CPU down or up so often; 0: never");

static bool faults;
module_param(faults, bool, 0444);
MODULE_PARM_DESC(faults, "Have allocations fail as debugfs says");

void __rcu *torture_slots[TORTURE_SLOTS];

static atomic_long_t counts[TORTURE_COUNTS];

void torture_count(enum torture_count which, long n)
{
	atomic_long_add(n, &counts[which]);
}

static int count_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%ld\n", atomic_long_read((atomic_long_t *)kp->arg));
}

static const struct kernel_param_ops count_ops = { .get = count_get };

module_param_cb(made, &count_ops, &counts[TORTURE_MADE], 0400);
MODULE_PARM_DESC(made, "Objects that were made");
module_param_cb(no_memory, &count_ops, &counts[TORTURE_NO_MEMORY], 0400);
MODULE_PARM_DESC(no_memory, "Objects that there was no memory for");
module_param_cb(reads, &count_ops, &counts[TORTURE_READS], 0400);
MODULE_PARM_DESC(reads, "Times that a reader held an object");
module_param_cb(barriers, &count_ops, &counts[TORTURE_BARRIERS], 0400);
MODULE_PARM_DESC(barriers, "Barriers that were waited for");
module_param_cb(refused, &count_ops, &counts[TORTURE_REFUSED], 0400);
MODULE_PARM_DESC(refused, "Objects that kvfree_rcu_headless_try() had no room for");
module_param_cb(errors, &count_ops, &counts[TORTURE_ERRORS], 0400);
MODULE_PARM_DESC(errors, "Objects that were freed under a reader");

void torture_seed(struct rnd_state *rnd, void *thread)
{
	prandom_seed_state(rnd, seed + ((u64)(unsigned long)thread << 32));
}

bool torture_go_on(const char *title)
{
	set_failing(current, faults);
	stutter_wait(title);
	return !torture_must_stop();
}

/* New workers come at any time: said again and again. */
static int torture_faults(void *unused)
{
	while (!torture_must_stop()) {
		set_workers_failing(true);
		schedule_timeout_interruptible(HZ / 10);
	}
	torture_kthread_stopping("torture_faults");
	set_workers_failing(false);
	return 0;
}

static struct task_struct **threads;
static unsigned long nr_threads, max_threads;

static int start(int (*fn)(void *), char *name, unsigned int nr)
{
	int err = 0;

	while (nr-- && !err && nr_threads < max_threads) {
		err = _torture_create_kthread(fn, (void *)(nr_threads + 1), name, name, name,
					      &threads[nr_threads], NULL);
		nr_threads += !err;
	}
	return err;
}

static int start_all(void)
{
	unsigned int nr_cpus = num_online_cpus();
	int err;

	err = start(torture_reader, "torture_reader", nr_cpus);
	err = err ?: start(torture_writer, "torture_writer", nr_cpus);
	err = err ?: start(torture_hardirq_writer, "torture_hardirq", 2);
	err = err ?: start(torture_softirq_writer, "torture_softirq", 2);
	err = err ?: start(torture_waiter, "torture_waiter", 1);
	if (faults)
		err = err ?: start(torture_faults, "torture_faults", 1);
	/* Three seconds of load and half a second without, by turns. */
	err = err ?: torture_stutter_init(HZ / 2, 3 * HZ);
	/*
	 * On PREEMPT_RT the scheduler warns when a task is pushed off its CPU
	 * while an allocator has its migration disabled.
	 */
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		err = err ?: torture_shuffle_init(2 * HZ);
	return err ?: torture_onoff_init(0, msecs_to_jiffies(onoff_ms), NULL);
}

/* Ends the threads and retires what they have left. */
static void end_all(void)
{
	size_t i;

	if (!threads || torture_cleanup_begin())
		return;
	if (onoff_ms)
		torture_onoff_stats();
	for (i = 0; i < nr_threads; i++)
		_torture_stop_kthread("stopping", &threads[i]);
	kfree(threads);
	threads = NULL;
	for (i = 0; i < TORTURE_SLOTS; i++)
		kvfree_rcu_headless((__force void *)xchg(&torture_slots[i], NULL));
	rcu_headless_barrier();
	torture_cleanup_end();
}

/* The kernel lets one writer of parameters in at a time, and none as we go. */
static int stop_set(const char *val, const struct kernel_param *kp)
{
	bool stop;
	int err = kstrtobool(val, &stop);

	if (!err && stop)
		end_all();
	return err;
}

static const struct kernel_param_ops stop_ops = { .set = stop_set };
module_param_cb(stop, &stop_ops, NULL, 0200);
MODULE_PARM_DESC(stop, "Write 1 to end the torture");

static int __init rcu_headless_torture_init(void)
{
	int err = torture_caches_create();

	if (err)
		return err;
	max_threads = 2 * num_online_cpus() + 6;
	threads = kcalloc(max_threads, sizeof(*threads), GFP_KERNEL);
	if (!threads) {
		err = -ENOMEM;
		goto destroy_caches;
	}
	if (!torture_init_begin("rcu_headless", 0)) {
		err = -EBUSY;
		goto free_threads;
	}
	err = start_all();
	torture_init_end();
	if (!err)
		return 0;
	end_all();
	goto destroy_caches;

free_threads:
	kfree(threads);
destroy_caches:
	torture_caches_destroy();
	return err;
}

static void __exit rcu_headless_torture_exit(void)
{
	end_all();
	torture_caches_destroy();
}

module_init(rcu_headless_torture_init);
module_exit(rcu_headless_torture_exit);
MODULE_DESCRIPTION("Torture of rcu_headless");
MODULE_LICENSE("GPL");
