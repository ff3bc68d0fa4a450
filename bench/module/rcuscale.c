// SPDX-License-Identifier: GPL-2.0
/*
 * The load of the kernel's rcuscale with kfree_rcu_test=1, by its parameters and for any
 * peer: what it prints in one line are the values here. Objects come from a cache of the
 * run's own rather than from kmalloc().
 */
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "bench.h"

/* Bytes of an object there, for mult=1: eight of its own and an rcu_head. */
#define OBJECT_SIZE (8 + sizeof(struct rcu_head))

/* Samples of a thread: what memory was available when it began, and on average since. */
enum { MEM_BEGIN, MEM_DURING, NR_MEM };

static int scale(struct bench_worker *worker)
{
	const struct bench_run *run = worker->run;
	u64 *mem = worker->samples;
	unsigned long loop, i;

	mem[MEM_BEGIN] = si_mem_available();
	mem[MEM_DURING] = mem[MEM_BEGIN];
	worker->nr_samples = NR_MEM;
	for (loop = 0; loop < run->loops; loop++) {
		if (loop && loop % max(run->loops / 4, 1) == 0)
			mem[MEM_DURING] = (mem[MEM_DURING] + si_mem_available()) / 2;
		for (i = 0; i < run->alloc_num; i++) {
			if (!bench_objects_new(run, worker->objects, 1))
				return -ENOMEM;
			run->peer->retire(worker->objects, 1, &worker->tools);
			if (run->peer->keeps)
				kvfree(worker->objects[0]);
		}
		worker->done += run->alloc_num;
		cond_resched();
	}
	return 0;
}

int bench_rcuscale(struct bench_run *run, struct seq_buf *out)
{
	struct bench_worker *workers = NULL;
	unsigned long batches;
	s64 footprint = 0;
	unsigned int i;
	u64 took;
	int err;

	run->size = run->mult * OBJECT_SIZE;
	err = bench_cache_new(run);
	batches = bench_grace_periods();
	took = ktime_get_ns();
	err = err ?: bench_work(run, scale, 1, NR_MEM, &workers);
	took = ktime_get_ns() - took;
	batches = bench_grace_periods() - batches;
	run->peer->wait();
	bench_cache_end(run);
	if (!err) {
		for (i = 0; i < run->threads; i++) {
			const u64 *mem = workers[i].samples;

			footprint = max(footprint, (s64)(mem[MEM_BEGIN] - mem[MEM_DURING]));
		}
		bench_print(out, "total_time", took, 1, "ns");
		bench_print(out, "batches", batches, 1, "periods");
		bench_print(out, "footprint", footprint, 1, "pages");
	}
	bench_work_end(run, workers);
	return err;
}
