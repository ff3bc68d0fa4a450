// SPDX-License-Identifier: GPL-2.0
#include <linux/atomic.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/rcu_headless.h>
#include <linux/slab.h>

#include "batch.h"
#include "canary.h"

static void *objects[BATCH_MAX];
static struct rcu_headless_reserve reserve;
static atomic_t left = ATOMIC_INIT(0);
static atomic_t made, refused;

int batch_make(unsigned int nr)
{
	unsigned int i;
	int err;

	if (nr > BATCH_MAX)
		return -EINVAL;
	err = rcu_headless_reserve(&reserve, nr, GFP_KERNEL);
	if (err)
		return err;
	for (i = 0; i < nr; i++) {
		objects[i] = canary_new(CANARY_SLAB);
		if (!objects[i])
			break;
	}
	atomic_add(i, &made);
	/* Whoever sees them sees them whole. */
	atomic_set_release(&left, i);
	if (i == nr)
		return 0;
	batch_end();
	return -ENOMEM;
}

bool batch_free_one(void)
{
	int i = atomic_dec_if_positive(&left);

	if (i < 0)
		return false;
	if (i % 2) {
		kvfree_rcu_headless_reserved(&reserve, objects[i]);
	} else if (!kvfree_rcu_headless_try(objects[i])) {
		atomic_inc(&refused);
		/* Nobody else would free it, and the reserve has room for all. */
		kvfree_rcu_headless_reserved(&reserve, objects[i]);
	}
	return true;
}

bool batch_is_empty(void)
{
	return atomic_read(&left) <= 0;
}

void batch_end(void)
{
	while (batch_free_one())
		;
	rcu_headless_unreserve(&reserve);
	rcu_headless_barrier();
}

static int made_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", atomic_read(&made));
}

static const struct kernel_param_ops made_ops = { .get = made_get };
module_param_cb(made, &made_ops, NULL, 0400);
MODULE_PARM_DESC(made, "How many objects of batches there have been");

static int refused_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", atomic_read(&refused));
}

static const struct kernel_param_ops refused_ops = { .get = refused_get };
module_param_cb(refused, &refused_ops, NULL, 0400);
MODULE_PARM_DESC(refused, "How many of them _try() refused");

static void __exit batch_exit(void)
{
	rcu_headless_unreserve(&reserve);
}

module_exit(batch_exit);
MODULE_DESCRIPTION("Calls from wherever code can be");
MODULE_LICENSE("GPL");
