// SPDX-License-Identifier: GPL-2.0
/* How long single calls take, with memory and without. */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>

#include "bench.h"
#include "failing.h"

/* How long a peer may go on that is slow: what it has done by then is told. */
#define MOST_NS (3ull * NSEC_PER_SEC)
/*
 * Objects are made so many at a time, to be warm. Where memory fails, all are made before:
 * what is allocated in between brings the allocator's own arrays back.
 */
#define LOT 64

static size_t lot_of(const struct bench_run *run)
{
	return run->failing ? run->nr : min(LOT, run->nr);
}

static int time_each(struct bench_worker *worker)
{
	const struct bench_run *run = worker->run;
	u64 before, after, end = ktime_get_ns() + MOST_NS;
	size_t i = 0, j, nr;
	int err = 0;

	while (i < run->nr && !err && ktime_get_ns() < end) {
		nr = bench_objects_new(run, worker->objects, min(lot_of(run), run->nr - i));
		if (!nr)
			return -ENOMEM;
		if (run->peer->make_room)
			err = run->peer->make_room(&worker->tools);
		set_failing(current, run->failing);
		for (j = 0; j < nr; j++) {
			before = ktime_get_ns();
			run->peer->retire(worker->objects + j, 1, &worker->tools);
			after = ktime_get_ns();
			worker->samples[worker->nr_samples++] = after - before;
			/* The rest of the lot would take as long. */
			if (after >= end && !run->peer->keeps)
				break;
		}
		set_failing(current, false);
		i += min(j + 1, nr);
		for (j = min(j + 1, nr); j < nr && !run->peer->keeps; j++)
			kvfree(worker->objects[j]);
		for (j = 0; j < nr && run->peer->keeps; j++)
			kvfree(worker->objects[j]);
		cond_resched();
	}
	worker->done = i;
	return err;
}

int bench_latency(struct bench_run *run, struct seq_buf *out)
{
	struct bench_worker *workers = NULL;
	size_t done = 0;
	unsigned int i;
	int err = bench_cache_new(run);

	if (run->failing)
		set_workers_failing(true);
	err = err ?: bench_work(run, time_each, lot_of(run), run->nr, &workers);
	set_workers_failing(false);
	run->peer->wait();
	bench_cache_end(run);
	if (!err) {
		bench_print_samples(run, workers, "latency", 1, true, out);
		for (i = 0; i < run->threads; i++)
			done += workers[i].done;
		/* Of all threads, in the time that they have spent in calls. */
		bench_print(out, "throughput", run->threads * done * NSEC_PER_SEC,
			    bench_sum(run, workers), "objects/s");
	}
	bench_work_end(run, workers);
	return err;
}
