// SPDX-License-Identifier: GPL-2.0
/*
 * The whole life of objects, from their allocation until they are really freed:
 * what it costs the whole machine, and what it holds meanwhile.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <linux/vmstat.h>

#include "bench.h"

/* The most memory that was in use at some moment, in pages. */
static atomic_long_t least_free, most_slab;

static long free_pages_now(void)
{
	return global_zone_page_state(NR_FREE_PAGES);
}

static long slab_pages_now(void)
{
	return global_node_page_state_pages(NR_SLAB_UNRECLAIMABLE_B);
}

static void look_at_memory(void)
{
	long free = free_pages_now(), slab = slab_pages_now(), old;

	for (old = atomic_long_read(&least_free); free < old; )
		if (atomic_long_try_cmpxchg(&least_free, &old, free))
			break;
	for (old = atomic_long_read(&most_slab); slab > old; )
		if (atomic_long_try_cmpxchg(&most_slab, &old, slab))
			break;
}

/* When memory is looked at to be told: after so many parts of all objects. */
#define NR_LOOKS 20

static int live(struct bench_worker *worker)
{
	const struct bench_run *run = worker->run;
	size_t nr, i;
	int err = 0;

	while (worker->done < run->nr && !err) {
		nr = bench_objects_new(run, worker->objects, run->burst);
		if (!nr)
			return -ENOMEM;
		/* Room is made for no more than that. */
		for (i = 0; i < nr && !err; i += BENCH_BATCH) {
			if (run->peer->make_room)
				err = run->peer->make_room(&worker->tools);
			run->peer->retire(worker->objects + i, min(BENCH_BATCH, nr - i),
					  &worker->tools);
		}
		for (i = 0; i < nr && run->peer->keeps; i++)
			kvfree(worker->objects[i]);
		worker->done += nr;
		if (run->watch) {
			look_at_memory();
			worker->samples[min(worker->done * NR_LOOKS / run->nr, NR_LOOKS)] =
				slab_pages_now();
		}
		if (run->pause_ms)
			msleep(run->pause_ms);
		else
			cond_resched();
	}
	return err;
}

/* What the first thread has seen. */
static void print_looks(const struct bench_worker *worker, long slab_before,
			struct seq_buf *out)
{
	unsigned int i;
	char name[16];

	for (i = 1; i <= NR_LOOKS; i++) {
		long slab = worker->samples[i] - slab_before;

		if (!worker->samples[i])
			continue;
		snprintf(name, sizeof(name), "slab_at_%u", 100 * i / NR_LOOKS);
		bench_print(out, name, max(slab, 0), 1, "pages");
	}
}

int bench_cycle(struct bench_run *run, struct seq_buf *out)
{
	struct bench_worker *workers = NULL;
	long free_before, slab_before;
	struct bench_soak soak = {};
	u64 start, wall, busy = 0;
	unsigned long periods;
	size_t done = 0;
	unsigned int i;
	int err = bench_cache_new(run);

	if (!err && run->soak)
		err = bench_soak_begin(&soak);
	free_before = free_pages_now();
	slab_before = slab_pages_now();
	atomic_long_set(&least_free, free_before);
	atomic_long_set(&most_slab, slab_before);
	periods = bench_grace_periods();
	start = ktime_get_ns();
	err = err ?: bench_work(run, live, run->burst, NR_LOOKS + 1, &workers);
	run->peer->wait();
	bench_cache_end(run);
	wall = ktime_get_ns() - start;
	if (!err && run->soak)
		busy = bench_soak_busy_ns(&soak);
	periods = bench_grace_periods() - periods;
	bench_soak_end(&soak);
	for (i = 0; !err && i < run->threads; i++)
		done += workers[i].done;
	if (err)
		goto out;

	bench_print(out, "wall", wall, done, "ns");
	bench_print(out, "objects_per_period", done, max(periods, 1), "objects");
	if (run->soak)
		bench_print(out, "cpu", busy, done, "ns");
	if (run->watch) {
		bench_print(out, "peak", max(free_before - atomic_long_read(&least_free), 0),
			    1, "pages");
		bench_print(out, "peak_slab", max(atomic_long_read(&most_slab) - slab_before, 0),
			    1, "pages");
		print_looks(workers, slab_before, out);
	}
out:
	bench_work_end(run, workers);
	return err;
}
