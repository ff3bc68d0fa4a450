// SPDX-License-Identifier: GPL-2.0
/*
 * What a load costs the whole machine: a thread of the lowest priority on each CPU
 * counts for as long as nobody else wants the CPU, so what is missing of its count has
 * gone to others: to tasks, interrupts and switches between them. After cyclesoak, by
 * Andrew Morton.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <uapi/linux/sched/types.h>

#include "bench.h"

/* How long nothing is to happen, for the count to be known that then comes. */
#define CALIBRATE_MS 40

static struct soaker {
	struct task_struct *task;
	unsigned long count;
} *soakers;

static int soaker_thread(void *arg)
{
	struct soaker *soaker = arg;

	while (!kthread_should_stop()) {
		unsigned int i;

		/* Also while others want the CPU: it isn't theirs before they have it. */
		for (i = 0; i < 64; i++)
			WRITE_ONCE(soaker->count, soaker->count + 1);
		cond_resched();
	}
	return 0;
}

static u64 soaked(void)
{
	unsigned int cpu;
	u64 sum = 0;

	for_each_online_cpu(cpu)
		sum += READ_ONCE(soakers[cpu].count);
	return sum;
}

int bench_soak_begin(struct bench_soak *soak)
{
	const struct sched_attr idle = { .size = sizeof(idle), .sched_policy = SCHED_IDLE };
	unsigned int cpu;
	u64 start, count;

	soakers = kcalloc(nr_cpu_ids, sizeof(*soakers), GFP_KERNEL);
	if (!soakers)
		return -ENOMEM;
	for_each_online_cpu(cpu) {
		struct task_struct *task;

		task = kthread_create_on_cpu(soaker_thread, &soakers[cpu], cpu,
					     "rcu_headless_soak/%u");
		if (IS_ERR(task)) {
			bench_soak_end(soak);
			return PTR_ERR(task);
		}
		soakers[cpu].task = task;
		sched_setattr_nocheck(task, &idle);
		wake_up_process(task);
	}
	msleep(CALIBRATE_MS / 4);
	start = ktime_get_ns();
	count = soaked();
	msleep(CALIBRATE_MS);
	soak->calibrated_count = soaked() - count;
	soak->calibrated_ns = (ktime_get_ns() - start) * num_online_cpus();
	soak->start_count = soaked();
	soak->start = ktime_get_ns();
	return 0;
}

u64 bench_soak_busy_ns(const struct bench_soak *soak)
{
	u64 wall = (ktime_get_ns() - soak->start) * num_online_cpus();
	u64 idle = mul_u64_u64_div_u64(soaked() - soak->start_count, soak->calibrated_ns,
				       max(soak->calibrated_count, 1));

	/* It may have been slower by a little when it was calibrated. */
	return wall - min(wall, idle);
}

void bench_soak_end(struct bench_soak *soak)
{
	unsigned int cpu;

	for (cpu = 0; soakers && cpu < nr_cpu_ids; cpu++)
		if (soakers[cpu].task)
			kthread_stop(soakers[cpu].task);
	kfree(soakers);
	soakers = NULL;
}
