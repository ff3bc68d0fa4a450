// SPDX-License-Identifier: GPL-2.0
/*
 * Calls by the task that writes to a parameter, on the CPU where it does.
 */
#include <linux/kstrtox.h>
#include <linux/moduleparam.h>
#include <linux/rcu_headless.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "batch.h"
#include "canary.h"

static void *canary(void)
{
	return canary_new(CANARY_SLAB);
}

/* As small as there are, to fill as many pages of pointers as possible. */
static void *small(void)
{
	return kmalloc(8, GFP_KERNEL);
}

static void *page(void)
{
	return kmalloc(PAGE_SIZE, GFP_KERNEL);
}

/* As large as vmalloc's can be that wait for others to fill their page. */
static void *large(void)
{
	return vmalloc(SZ_1M - PAGE_SIZE);
}

/* Frees so many new objects by our call, or by the kernel's own, for comparison. */
static int free_new(const char *val, void *(*make)(void), bool ours)
{
	unsigned int nr;
	void *object;
	int err;

	err = kstrtouint(val, 0, &nr);
	while (!err && nr--) {
		object = make();
		if (!object)
			err = -ENOMEM;
		else if (ours)
			kvfree_rcu_headless(object);
		else
			kvfree_rcu_mightsleep(object);
		cond_resched();
	}
	return err;
}

/* Writing a number frees so many objects. */
static int free_set(const char *val, const struct kernel_param *kp)
{
	return free_new(val, canary, true);
}

static const struct kernel_param_ops free_ops = { .set = free_set };
module_param_cb(free, &free_ops, NULL, 0200);

static int mightsleep_set(const char *val, const struct kernel_param *kp)
{
	return free_new(val, canary, false);
}

static const struct kernel_param_ops mightsleep_ops = { .set = mightsleep_set };
module_param_cb(mightsleep, &mightsleep_ops, NULL, 0200);

static int small_set(const char *val, const struct kernel_param *kp)
{
	return free_new(val, small, true);
}

static const struct kernel_param_ops small_ops = { .set = small_set };
module_param_cb(small, &small_ops, NULL, 0200);

static int large_set(const char *val, const struct kernel_param *kp)
{
	return free_new(val, large, true);
}

static const struct kernel_param_ops large_ops = { .set = large_set };
module_param_cb(large, &large_ops, NULL, 0200);

static int pages_set(const char *val, const struct kernel_param *kp)
{
	return free_new(val, page, true);
}

static const struct kernel_param_ops pages_ops = { .set = pages_set };
module_param_cb(pages, &pages_ops, NULL, 0200);

static int small_mightsleep_set(const char *val, const struct kernel_param *kp)
{
	return free_new(val, small, false);
}

static const struct kernel_param_ops small_mightsleep_ops = {
	.set = small_mightsleep_set,
};
module_param_cb(small_mightsleep, &small_mightsleep_ops, NULL, 0200);

/* The calls for atomic context; they need not wait until all is freed. */
static int atomic_set_param(const char *val, const struct kernel_param *kp)
{
	unsigned int nr;
	int err;

	err = kstrtouint(val, 0, &nr);
	err = err ?: batch_make(nr);
	while (batch_free_one())
		;
	return err;
}

static const struct kernel_param_ops atomic_ops = { .set = atomic_set_param };
module_param_cb(atomic, &atomic_ops, NULL, 0200);

/* Writing anything waits until all is freed. */
static int barrier_set(const char *val, const struct kernel_param *kp)
{
	rcu_headless_barrier();
	return 0;
}

static const struct kernel_param_ops barrier_ops = { .set = barrier_set };
module_param_cb(barrier, &barrier_ops, NULL, 0200);
