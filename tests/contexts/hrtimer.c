// SPDX-License-Identifier: GPL-2.0
/*
 * Calls in the interrupt of a timer.
 */
#include <linux/completion.h>
#include <linux/hrtimer.h>
#include <linux/kstrtox.h>
#include <linux/moduleparam.h>

#include "batch.h"

struct source {
	struct hrtimer timer;
	struct completion done;
};

static enum hrtimer_restart fired(struct hrtimer *timer)
{
	struct source *source = container_of(timer, struct source, timer);

	if (!batch_free_one()) {
		complete(&source->done);
		return HRTIMER_NORESTART;
	}
	hrtimer_forward_now(timer, ns_to_ktime(100 * NSEC_PER_USEC));
	return HRTIMER_RESTART;
}

/* Writing a number frees so many objects, one in each interrupt. */
static int hrtimer_set(const char *val, const struct kernel_param *kp)
{
	struct source source;
	unsigned int nr;
	int err;

	err = kstrtouint(val, 0, &nr);
	err = err ?: batch_make(nr);
	if (err)
		return err;
	init_completion(&source.done);
	hrtimer_setup_on_stack(&source.timer, fired, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	hrtimer_start(&source.timer, ns_to_ktime(NSEC_PER_USEC), HRTIMER_MODE_REL_HARD);
	wait_for_completion(&source.done);
	hrtimer_cancel(&source.timer);
	destroy_hrtimer_on_stack(&source.timer);
	batch_end();
	return 0;
}

static const struct kernel_param_ops hrtimer_ops = { .set = hrtimer_set };
module_param_cb(hrtimer, &hrtimer_ops, NULL, 0200);
