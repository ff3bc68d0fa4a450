// SPDX-License-Identifier: GPL-2.0
/* Objects, threads that work with them, and the times that these have taken. */
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/vmalloc.h>

#include "bench.h"

int bench_cache_new(struct bench_run *run)
{
	if (!run->vmalloc)
		run->cache = kmem_cache_create("rcu_headless_bench", run->size, 0,
					       SLAB_NO_MERGE, NULL);
	return run->vmalloc || run->cache ? 0 : -ENOMEM;
}

void bench_cache_end(const struct bench_run *run)
{
	kmem_cache_destroy(run->cache);
}

static void *object_new(const struct bench_run *run)
{
	return run->vmalloc ? vmalloc(run->size) : kmem_cache_alloc(run->cache, GFP_KERNEL);
}

size_t bench_objects_new(const struct bench_run *run, void **objects, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		objects[i] = object_new(run);
		if (!objects[i])
			break;
	}
	return i;
}

static int worker_thread(void *arg)
{
	struct bench_worker *worker = arg;

	worker->err = worker->work(worker);
	rcu_headless_unreserve(&worker->tools.reserve);
	complete(&worker->ended);
	return 0;
}

static int worker_init(struct bench_worker *worker, const struct bench_run *run,
		       int (*work)(struct bench_worker *worker), size_t nr_objects,
		       size_t nr_samples)
{
	worker->run = run;
	worker->work = work;
	init_completion(&worker->ended);
	worker->objects = kvcalloc(nr_objects, sizeof(*worker->objects), GFP_KERNEL);
	worker->samples = kvcalloc(nr_samples, sizeof(*worker->samples), GFP_KERNEL);
	return worker->objects && worker->samples ? 0 : -ENOMEM;
}

int bench_work(const struct bench_run *run, int (*work)(struct bench_worker *worker),
	       size_t nr_objects, size_t nr_samples, struct bench_worker **workers)
{
	struct task_struct **tasks __free(kfree) =
		kcalloc(run->threads, sizeof(*tasks), GFP_KERNEL);
	unsigned int i, cpu = cpumask_first(cpu_online_mask), nr = 0;
	int err = 0;

	*workers = kcalloc(run->threads, sizeof(**workers), GFP_KERNEL);
	if (!*workers || !tasks)
		return -ENOMEM;
	for (i = 0; i < run->threads && !err; i++)
		err = worker_init(&(*workers)[i], run, work, nr_objects, nr_samples);
	for (i = 0; i < run->threads && !err; i++) {
		tasks[i] = kthread_create_on_cpu(worker_thread, &(*workers)[i], cpu,
						 "rcu_headless_bench/%u");
		err = PTR_ERR_OR_ZERO(tasks[i]);
		nr += !err;
		cpu = cpumask_next_wrap(cpu, cpu_online_mask);
	}
	/* All or none of them. */
	for (i = 0; i < nr; i++) {
		if (err)
			kthread_stop(tasks[i]);
		else
			wake_up_process(tasks[i]);
	}
	for (i = 0; i < nr && !err; i++)
		wait_for_completion(&(*workers)[i].ended);
	for (i = 0; i < run->threads && !err; i++)
		err = (*workers)[i].err;
	return err;
}

void bench_work_end(const struct bench_run *run, struct bench_worker *workers)
{
	unsigned int i;

	for (i = 0; workers && i < run->threads; i++) {
		kvfree(workers[i].objects);
		kvfree(workers[i].samples);
	}
	kfree(workers);
}

/* Each counts up by four; of the two TINY_RCU has but the first. */
unsigned long bench_grace_periods(void)
{
	struct rcu_gp_seq seq = {};

	get_state_synchronize_rcu_full(&seq);
	return (seq.rcu_gp_seq_norm >> 2) + (seq.rcu_gp_seq_exp >> 2);
}

void bench_print(struct seq_buf *out, const char *name, u64 value, u64 divisor,
		 const char *unit)
{
	u64 thousandths = mul_u64_u64_div_u64(value, 1000, divisor ?: 1);
	u32 rest;
	u64 whole = div_u64_rem(thousandths, 1000, &rest);

	seq_buf_printf(out, "%s %llu.%03u %s\n", name, whole, rest, unit);
}

u64 bench_sum(const struct bench_run *run, const struct bench_worker *workers)
{
	u64 sum = 0;
	size_t i, j;

	for (i = 0; i < run->threads; i++)
		for (j = 0; j < workers[i].nr_samples; j++)
			sum += workers[i].samples[j];
	return sum;
}

void bench_print_mean(const struct bench_run *run, struct bench_worker *workers,
		      const char *name, size_t per_sample, struct seq_buf *out)
{
	size_t i, nr = 0;

	for (i = 0; i < run->threads; i++)
		nr += workers[i].nr_samples;
	bench_print(out, name, bench_sum(run, workers), nr * per_sample, "ns");
}

static int compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

void bench_print_samples(const struct bench_run *run, struct bench_worker *workers,
			 const char *name, size_t per_sample, bool tail,
			 struct seq_buf *out)
{
	static const struct {
		const char *name;
		unsigned int of_10000;
	} points[] = {
		{ "p50", 5000 }, { "p75", 7500 }, { "p90", 9000 }, { "p99", 9900 },
		{ "p99.9", 9990 }, { "p99.99", 9999 }, { "max", 10000 },
	};
	size_t nr = 0, i;
	char label[32];
	u64 *all;

	for (i = 0; i < run->threads; i++)
		nr += workers[i].nr_samples;
	all = kvcalloc(nr, sizeof(*all), GFP_KERNEL);
	if (!all || !nr) {
		seq_buf_printf(out, "%s none\n", name);
		kvfree(all);
		return;
	}
	for (nr = 0, i = 0; i < run->threads; i++) {
		memcpy(all + nr, workers[i].samples, workers[i].nr_samples * sizeof(*all));
		nr += workers[i].nr_samples;
	}
	sort(all, nr, sizeof(*all), compare, NULL);
	for (i = 0; i < (tail ? ARRAY_SIZE(points) : 1); i++) {
		snprintf(label, sizeof(label), "%s_%s", name, points[i].name);
		bench_print(out, tail ? label : name,
			    all[min(nr - 1, nr * points[i].of_10000 / 10000)], per_sample, "ns");
	}
	kvfree(all);
}
