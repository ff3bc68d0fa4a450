// SPDX-License-Identifier: GPL-2.0
/*
 * A reserve that grows while a timer's interrupt frees through it.
 */
#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/kstrtox.h>
#include <linux/moduleparam.h>
#include <linux/rcu_headless.h>
#include <linux/slab.h>

#include "canary.h"

/* The interrupt never has more to free than this; the reserve has twice that. */
#define FEW 64
#define STEPS 8

struct growing {
	struct hrtimer timer;
	struct rcu_headless_reserve reserve;
	void *objects[FEW];
	/* How many of them the interrupt may free yet. */
	atomic_t left;
	bool has_freed;
};

static enum hrtimer_restart fired(struct hrtimer *timer)
{
	struct growing *growing = container_of(timer, struct growing, timer);
	int i = atomic_dec_if_positive(&growing->left);

	if (i >= 0) {
		kvfree_rcu_headless_reserved(&growing->reserve, growing->objects[i]);
		growing->has_freed = true;
	}
	hrtimer_forward_now(timer, ns_to_ktime(50 * NSEC_PER_USEC));
	return HRTIMER_RESTART;
}

static int refill(struct growing *growing)
{
	int i;

	for (i = 0; i < FEW; i++) {
		growing->objects[i] = canary_new(CANARY_SLAB);
		if (!growing->objects[i])
			break;
	}
	atomic_set_release(&growing->left, i);
	return i == FEW ? 0 : -ENOMEM;
}

/* From room for 128 to room for 16384, with the interrupt going on all the while. */
static int grow(struct growing *growing)
{
	unsigned int step;
	int err = 0;

	for (step = 1; step <= STEPS && !err; step++) {
		err = rcu_headless_reserve(&growing->reserve, FEW << step,
					   GFP_KERNEL | __GFP_NOWARN);
		if (!err && atomic_read(&growing->left) <= 0)
			err = refill(growing);
	}
	return err;
}

static int growing_set(const char *val, const struct kernel_param *kp)
{
	struct growing *growing;
	unsigned int nr;
	int err, i;

	err = kstrtouint(val, 0, &nr);
	if (err)
		return err;
	growing = kzalloc_obj(*growing);
	if (!growing)
		return -ENOMEM;
	hrtimer_setup(&growing->timer, fired, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	hrtimer_start(&growing->timer, 0, HRTIMER_MODE_REL_HARD);
	while (nr-- && !err) {
		err = grow(growing);
		/* Nobody may free through it while it is given back. */
		hrtimer_cancel(&growing->timer);
		while ((i = atomic_dec_if_positive(&growing->left)) >= 0)
			kvfree_rcu_headless(growing->objects[i]);
		rcu_headless_unreserve(&growing->reserve);
		hrtimer_start(&growing->timer, 0, HRTIMER_MODE_REL_HARD);
	}
	hrtimer_cancel(&growing->timer);
	/* Or nothing was tested. */
	if (!err && !growing->has_freed)
		err = -ENODATA;
	kfree(growing);
	return err;
}

static const struct kernel_param_ops growing_ops = { .set = growing_set };
module_param_cb(growing, &growing_ops, NULL, 0200);
MODULE_PARM_DESC(growing, "Write how often a reserve is to grow while it is used");
