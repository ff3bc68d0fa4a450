// SPDX-License-Identifier: GPL-2.0
/* What a call costs whoever makes it: batches of calls are timed, nothing else. */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>

#include "bench.h"

static void free_all(void **objects, size_t nr)
{
	while (nr--)
		kvfree(objects[nr]);
}

static size_t batch_of(const struct bench_run *run)
{
	return min(BENCH_BATCH, run->nr);
}

static int time_calls(struct bench_worker *worker)
{
	const struct bench_run *run = worker->run;
	const struct bench_peer *peer = run->peer;
	size_t i, nr = bench_objects_new(run, worker->objects, run->nr);
	size_t batch = batch_of(run);
	int err = nr < run->nr ? -ENOMEM : 0;

	for (i = 0; i + batch <= nr && !err; i += batch) {
		u64 start;

		if (peer->make_room)
			err = peer->make_room(&worker->tools);
		if (err)
			break;
		start = ktime_get_ns();
		peer->retire(worker->objects + i, batch, &worker->tools);
		worker->samples[worker->nr_samples++] = ktime_get_ns() - start;
		if (peer->keeps)
			free_all(worker->objects + i, batch);
		cond_resched();
	}
	worker->done = i;
	free_all(worker->objects + i, nr - i);
	return err;
}

/* Tells the median and the mean of all threads' batches, for one call. */
int bench_call(struct bench_run *run, struct seq_buf *out)
{
	struct bench_worker *workers = NULL;
	size_t refused = 0;
	unsigned int i;
	int err = bench_cache_new(run);

	err = err ?: bench_work(run, time_calls, run->nr, run->nr / batch_of(run), &workers);
	run->peer->wait();
	bench_cache_end(run);
	if (!err) {
		bench_print_samples(run, workers, "call", batch_of(run), false, out);
		bench_print_mean(run, workers, "call_mean", batch_of(run), out);
		for (i = 0; i < run->threads; i++)
			refused += workers[i].tools.refused;
		if (refused)
			bench_print(out, "refused", refused, 1, "objects");
	}
	bench_work_end(run, workers);
	return err;
}
