// SPDX-License-Identifier: GPL-2.0
/* How long a barrier takes that has nothing to wait for. */
#include <linux/timekeeping.h>

#include "bench.h"

/* One takes less than a step of some clocks. */
#define TOGETHER 16

static int time_waits(struct bench_worker *worker)
{
	const struct bench_run *run = worker->run;
	u64 start;
	int i;

	/* What others have left is freed by the first one. */
	run->peer->wait();
	while (worker->nr_samples < run->nr) {
		start = ktime_get_ns();
		for (i = 0; i < TOGETHER; i++)
			run->peer->wait();
		worker->samples[worker->nr_samples++] = ktime_get_ns() - start;
	}
	return 0;
}

int bench_wait(struct bench_run *run, struct seq_buf *out)
{
	struct bench_worker *workers = NULL;
	int err = bench_work(run, time_waits, 0, run->nr, &workers);

	if (!err)
		bench_print_samples(run, workers, "wait", TOGETHER, false, out);
	bench_work_end(run, workers);
	return err;
}
