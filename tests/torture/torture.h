/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects that readers look at and writers replace and retire, in all ways that
 * there are, until the torture ends.
 *
 * Threads, their end, chance and CPUs that go and come are the kernel's own
 * <linux/torture.h>; what is retired where, and who would notice, is here.
 */
#ifndef _RCU_HEADLESS_TORTURE_H
#define _RCU_HEADLESS_TORTURE_H

#include <linux/prandom.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

/* Where readers find objects and writers replace them. */
#define TORTURE_SLOTS 256

extern void __rcu *torture_slots[TORTURE_SLOTS];

/* What is counted, by any code, and shown as a parameter of that name. */
enum torture_count {
	TORTURE_MADE,
	TORTURE_NO_MEMORY,
	TORTURE_READS,
	TORTURE_BARRIERS,
	TORTURE_REFUSED,
	TORTURE_ERRORS,
	TORTURE_COUNTS,
};

void torture_count(enum torture_count which, long n);

/* A number below max, from the sequence that the seed has given. */
static inline u32 torture_below(struct rnd_state *rnd, u32 max)
{
	return prandom_u32_state(rnd) % max;
}

/* A thread's own sequence, from the seed and what the thread was started with. */
void torture_seed(struct rnd_state *rnd, void *thread);

/* Waits while there is to be no load; whether to go on. */
bool torture_go_on(const char *title);

/* object.c */

/* What of an object stays the same until it is freed. */
struct torture_seen {
	u64 word;
};

int torture_caches_create(void);
/* The kernel complains if an object of theirs was never freed. */
void torture_caches_destroy(void);

/* A new object of any size and kind, or NULL. Process context, may sleep. */
void *torture_object_new(struct rnd_state *rnd);
/* Looks at an object that a reader has just found. */
bool torture_object_look(const void *object, struct torture_seen *seen);
/* Whether it is the same still, to its end. */
bool torture_object_same(const void *object, const struct torture_seen *seen);

/* reader.c: any context */
void torture_read_once(struct rnd_state *rnd, u32 max_us);
int torture_reader(void *thread);

/* writer.c */
void *torture_replace(struct rnd_state *rnd, void *object);
int torture_writer(void *thread);
int torture_waiter(void *thread);

/* atomic.c: writers in interrupts */
int torture_hardirq_writer(void *thread);
int torture_softirq_writer(void *thread);

#endif /* _RCU_HEADLESS_TORTURE_H */
