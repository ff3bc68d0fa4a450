// SPDX-License-Identifier: GPL-2.0
/*
 * Calls by the task that writes to a parameter, on the CPU where it does.
 */
#include <linux/kstrtox.h>
#include <linux/moduleparam.h>
#include <linux/rcu_headless.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "batch.h"
#include "canary.h"

static int for_each_new(const char *val, void (*retire)(void *object))
{
	unsigned int nr;
	void *object;
	int err;

	err = kstrtouint(val, 0, &nr);
	while (!err && nr--) {
		object = canary_new(CANARY_SLAB);
		if (object)
			retire(object);
		else
			err = -ENOMEM;
	}
	return err;
}

static void free_headless(void *object)
{
	kvfree_rcu_headless(object);
}

/* Writing a number frees so many objects. */
static int free_set(const char *val, const struct kernel_param *kp)
{
	return for_each_new(val, free_headless);
}

static const struct kernel_param_ops free_ops = { .set = free_set };
module_param_cb(free, &free_ops, NULL, 0200);

/* The kernel's own call, for comparison. */
static void free_mightsleep(void *object)
{
	kvfree_rcu_mightsleep(object);
}

static int mightsleep_set(const char *val, const struct kernel_param *kp)
{
	return for_each_new(val, free_mightsleep);
}

static const struct kernel_param_ops mightsleep_ops = { .set = mightsleep_set };
module_param_cb(mightsleep, &mightsleep_ops, NULL, 0200);

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
