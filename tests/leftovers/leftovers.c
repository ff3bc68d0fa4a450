// SPDX-License-Identifier: GPL-2.0
/*
 * Leaves thousands of objects behind for rcu_headless to free, behind a reader
 * that keeps it from doing so, and watches them after this module's last use of
 * it: the symbols are looked up by name, so that rcu_headless can be unloaded
 * while this module stays.
 */
#include <linux/cpu.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/rcu_headless.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "canary.h"

#define NR 6000
#define SHARE 1000

static void *objects[NR];
static struct canary_reader reader;
static bool reading, used;

static long queue_share(void *arg)
{
	size_t *next = arg, end = min_t(size_t, NR, *next + SHARE);
	void (*free)(const void *ptr);

	free = symbol_get(kvfree_rcu_headless);
	if (!free)
		return -ENOENT;
	while (*next < end)
		free(objects[(*next)++]);
	symbol_put(kvfree_rcu_headless);
	return 0;
}

/* Queues all objects, on all CPUs but the reader's in turn. */
static int queue_all(unsigned int readers_cpu)
{
	unsigned int cpu = readers_cpu;
	size_t next = 0;
	long err = 0;

	while (next < NR && !err) {
		cpu = cpumask_next_wrap(cpu, cpu_online_mask);
		if (cpu != readers_cpu)
			err = work_on_cpu(cpu, queue_share, &next);
	}
	return err;
}

static int make_all(void)
{
	size_t i;

	for (i = 0; i < NR; i++) {
		objects[i] = canary_new(i % 8 ? CANARY_SLAB : CANARY_VMALLOC);
		if (!objects[i])
			goto free;
	}
	return 0;
free:
	while (i--)
		kvfree(objects[i]);
	return -ENOMEM;
}

/* Writing 1, once, starts a reader and queues all; 0 lets the reader go. */
static int hold_set(const char *val, const struct kernel_param *kp)
{
	unsigned int last = cpumask_last(cpu_online_mask);
	bool hold;
	int err;

	err = kstrtobool(val, &hold);
	if (err)
		return err;
	if (!hold) {
		if (reading)
			canary_reader_stop(&reader);
		reading = false;
		return 0;
	}
	if (used || num_online_cpus() < 2)
		return -EBUSY;
	err = make_all();
	if (err)
		return err;
	used = true;
	reader.objects = objects;
	reader.nr = NR;
	err = canary_reader_start(&reader, last);
	if (err)
		return err;
	reading = true;
	return queue_all(last);
}

static const struct kernel_param_ops hold_ops = { .set = hold_set };
module_param_cb(hold, &hold_ops, NULL, 0200);

static int alive_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%zu\n", canary_count_alive(objects, NR));
}

static const struct kernel_param_ops alive_ops = { .get = alive_get };
module_param_cb(alive, &alive_ops, NULL, 0400);
MODULE_PARM_DESC(alive, "How many objects have not been freed");

static int lost_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%zu\n", reader.nr_lost);
}

static const struct kernel_param_ops lost_ops = { .get = lost_get };
module_param_cb(lost, &lost_ops, NULL, 0400);
MODULE_PARM_DESC(lost, "How many had been freed when the reader left");

MODULE_DESCRIPTION("Objects pending while rcu_headless is unloaded");
MODULE_LICENSE("GPL");
