/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is measured is told by a line of words, and done at once; what came out
 * are lines "name value unit".
 */
#ifndef _RCU_HEADLESS_BENCH_H
#define _RCU_HEADLESS_BENCH_H

#include <linux/completion.h>
#include <linux/rcu_headless.h>
#include <linux/seq_buf.h>
#include <linux/types.h>

/* How an object begins that a peer needs some room in. */
struct bench_object {
	struct rcu_head rh;
};

/* What one thread has to retire objects with. */
struct bench_tools {
	struct rcu_headless_reserve reserve;
	/* Objects that weren't taken, and had to go another way. */
	size_t refused;
};

/* A way to be rid of objects. */
struct bench_peer {
	const char *name;
	/* Retires all, one by one where it has no better way. */
	void (*retire)(void **objects, size_t nr, struct bench_tools *tools);
	/* Sees to it that there is room for as many as BENCH_BATCH, if that matters. */
	int (*make_room)(struct bench_tools *tools);
	/* Waits until all is freed, but for what the cache's own end waits for. */
	void (*wait)(void);
	/* It leaves the objects as they are. */
	bool keeps;
};

/* As many as are timed together: half of what an inbox has room for. */
#define BENCH_BATCH 256

extern const struct bench_peer bench_peers[];
const struct bench_peer *bench_peer_find(const char *name);

/* An exported function that does nothing: in a file of its own, lest it vanishes. */
void rcu_headless_bench_empty(const void *object);

/* One run of a measure. */
struct bench_run {
	const struct bench_peer *peer;
	/* Where objects come from that aren't of vmalloc. */
	struct kmem_cache *cache;

	/* What can be told by words: all of one type. First bytes of an object, and how many. */
	unsigned long size, vmalloc, threads;
	/* Objects for each thread. */
	unsigned long nr;
	/* So many at a time, and then that long a pause. */
	unsigned long burst, pause_ms;
	/* As rcuscale has them: objects of a loop, loops, size as a multiple of its own. */
	unsigned long alloc_num, loops, mult;
	/* Page allocations of those who queue and of all workers fail. */
	unsigned long failing;
	/* Look at the memory in use all the while. */
	unsigned long watch;
	/* Look what it costs the whole machine. */
	unsigned long soak;
};

struct bench_worker {
	const struct bench_run *run;
	struct bench_tools tools;
	void **objects;
	/* Times, in ns: as many as there are. */
	u64 *samples;
	size_t nr_samples;
	/* Objects that were retired. */
	size_t done;
	int err;
	int (*work)(struct bench_worker *worker);
	struct completion ended;
};

/*
 * Objects of slab have a cache of their own: its end waits for all that is pending
 * there, and is the only way for a module to wait for kfree_rcu().
 */
int bench_cache_new(struct bench_run *run);
void bench_cache_end(const struct bench_run *run);

/* As many as possible up to nr. */
size_t bench_objects_new(const struct bench_run *run, void **objects, size_t nr);

/*
 * Has each of the run's threads do its work, on one CPU after the other, all at the
 * same time. Each has room for nr_objects and nr_samples.
 */
int bench_work(const struct bench_run *run, int (*work)(struct bench_worker *worker),
	       size_t nr_objects, size_t nr_samples, struct bench_worker **workers);
/* Frees what bench_work() has made; also after an error. */
void bench_work_end(const struct bench_run *run, struct bench_worker *workers);
/* All their times, in order. Prints the median, or more of them. */
void bench_print_samples(const struct bench_run *run, struct bench_worker *workers,
			 const char *name, size_t per_sample, bool tail,
			 struct seq_buf *out);
/* The sum of all their times. */
u64 bench_sum(const struct bench_run *run, const struct bench_worker *workers);
void bench_print_mean(const struct bench_run *run, struct bench_worker *workers,
		      const char *name, size_t per_sample, struct seq_buf *out);
/* Grace periods that have ended so far. */
unsigned long bench_grace_periods(void);
/* A value of three decimals. */
void bench_print(struct seq_buf *out, const char *name, u64 value, u64 divisor,
		 const char *unit);

/* Between the two, how long the CPUs have been busy; all in CPU time. One at a time. */
struct bench_soak {
	u64 calibrated_ns, calibrated_count;
	u64 start, start_count;
};

int bench_soak_begin(struct bench_soak *soak);
u64 bench_soak_busy_ns(const struct bench_soak *soak);
void bench_soak_end(struct bench_soak *soak);

/* The measures. */
int bench_call(struct bench_run *run, struct seq_buf *out);
int bench_latency(struct bench_run *run, struct seq_buf *out);
int bench_cycle(struct bench_run *run, struct seq_buf *out);
int bench_rcuscale(struct bench_run *run, struct seq_buf *out);
int bench_wait(struct bench_run *run, struct seq_buf *out);

#endif /* _RCU_HEADLESS_BENCH_H */
