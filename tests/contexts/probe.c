// SPDX-License-Identifier: GPL-2.0
/*
 * Calls in probes on three of the kernel's trace events, which are passed with the
 * locks held that starting a timer, queueing work and switching tasks take.
 */
#include <linux/delay.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/timer.h>
#include <linux/tracepoint.h>
#include <linux/workqueue.h>

#include "batch.h"

struct pool_workqueue;

static struct tracepoint *timer_start, *queue_work_event, *switch_event;

static void find(struct tracepoint *tp, void *unused)
{
	if (!strcmp(tp->name, "timer_start"))
		timer_start = tp;
	else if (!strcmp(tp->name, "workqueue_queue_work"))
		queue_work_event = tp;
	else if (!strcmp(tp->name, "sched_switch"))
		switch_event = tp;
}

static void on_timer_start(void *data, struct timer_list *timer, unsigned long expiry)
{
	batch_free_one();
}

static void on_queue_work(void *data, int cpu, struct pool_workqueue *pwq,
			  struct work_struct *work)
{
	batch_free_one();
}

static void on_switch(void *data, bool preempt, struct task_struct *from,
		      struct task_struct *to, unsigned int state)
{
	batch_free_one();
}

static void nothing(struct work_struct *work)
{
}

/* Either starts a timer, queues work and has another task run. */
static void cause(void)
{
	static DECLARE_DELAYED_WORK(work, nothing);

	mod_delayed_work(system_percpu_wq, &work, 1);
	flush_delayed_work(&work);
	usleep_range(1000, 2000);
}

static int free_in_probe(const char *val, struct tracepoint **tp, void *probe)
{
	unsigned int nr;
	int err;

	err = kstrtouint(val, 0, &nr);
	if (err)
		return err;
	for_each_kernel_tracepoint(find, NULL);
	if (!*tp)
		return -ENOENT;
	err = batch_make(nr);
	if (err)
		return err;
	err = tracepoint_probe_register(*tp, probe, NULL);
	if (err)
		goto end;
	while (!batch_is_empty())
		cause();
	tracepoint_probe_unregister(*tp, probe, NULL);
	tracepoint_synchronize_unregister();
end:
	batch_end();
	return err;
}

/* Writing a number frees so many objects, one each time that a timer is started. */
static int timer_start_set(const char *val, const struct kernel_param *kp)
{
	return free_in_probe(val, &timer_start, on_timer_start);
}

static const struct kernel_param_ops timer_start_ops = { .set = timer_start_set };
module_param_cb(timer_start, &timer_start_ops, NULL, 0200);

/* The same, each time that work is queued. */
static int queue_work_set(const char *val, const struct kernel_param *kp)
{
	return free_in_probe(val, &queue_work_event, on_queue_work);
}

static const struct kernel_param_ops queue_work_ops = { .set = queue_work_set };
module_param_cb(queue_work, &queue_work_ops, NULL, 0200);

/* The same, each time that a CPU goes from one task to another. */
static int sched_switch_set(const char *val, const struct kernel_param *kp)
{
	return free_in_probe(val, &switch_event, on_switch);
}

static const struct kernel_param_ops sched_switch_ops = { .set = sched_switch_set };
module_param_cb(sched_switch, &sched_switch_ops, NULL, 0200);
