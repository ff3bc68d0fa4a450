/* SPDX-License-Identifier: GPL-2.0 */
/* What all suites need: objects, counters, and waiting for events. */
#ifndef _RCU_HEADLESS_TEST_FIXTURE_H
#define _RCU_HEADLESS_TEST_FIXTURE_H

#include <kunit/test.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "canary.h"

/* More than fit into a page of pointers, whatever its header takes. */
#define PAGEFUL (PAGE_SIZE / sizeof(void *))

/* No event that a test waits for takes that long, even under emulation. */
#define EVENT_TIMEOUT (60 * HZ)

/* Waits for something that must happen; false when it doesn't. */
#define wait_until(condition)						\
({									\
	unsigned long __end = jiffies + EVENT_TIMEOUT;			\
									\
	while (!(condition) && time_before(jiffies, __end))		\
		schedule_timeout_uninterruptible(1);			\
	(condition);							\
})

/* An object that is queued, and when that was at the earliest. */
struct watched {
	void *object;
	struct rcu_gp_seq queued_after;
};

/* Whether it is freed, and no grace period has passed since it was queued. */
bool freed_too_early(const struct watched *w);

/* What debugfs shows, of which tests look at some. */
struct counters {
#define COUNTER(name) long name
#include "counters.h"
#undef COUNTER
};

/* For every suite. */
int fixture_suite_init(struct kunit_suite *suite);
void fixture_suite_exit(struct kunit_suite *suite);

/* The module's parameters of these names, when the suite began. */
bool fixture_checks_double_free(void);
unsigned int fixture_spares(void);

/* No CPU ever has fewer empty pages at hand. */
#define FEW_SPARES 3

/*
 * Skips the test where it can't have more, and waits until this CPU has: memory that
 * the shrinker gave back is missing for a while.
 */
void needs_surplus(struct kunit *test);

/* Parameters that a test may change. They are set back when it ends. */
enum parameter {
	PARAMETER_DRAIN_DELAY_MS,
	PARAMETER_EXPEDITED,
	PARAMETER_PENDING_MIB,
	PARAMETER_CHECK_DOUBLE_FREE,
	PARAMETERS,
};

void parameter_set(struct kunit *test, enum parameter which, const char *value);

/* Reads the counters as a user would see them. In the test's own thread. */
void counters_read(struct kunit *test, struct counters *counters);

static inline long counters_queued(const struct counters *c)
{
	return c->queued_slab + c->queued_vmalloc;
}

static inline long counters_freed(const struct counters *c)
{
	return c->freed_slab + c->freed_vmalloc;
}

/* Whatever callers got wrong. */
static inline long counters_misuse(const struct counters *c)
{
	return c->misuse_atomic + c->misuse_reader + c->misuse_nmi + c->misuse_err_ptr +
	       c->misuse_user + c->misuse_stack + c->misuse_percpu + c->misuse_static +
	       c->misuse_foreign + c->misuse_double_free + c->misuse_reserve;
}

/* Nothing may be queued meanwhile. */
#define EXPECT_COUNTERS_ADD_UP(test, c)					\
	KUNIT_EXPECT_EQ(test, counters_queued(c),			\
			counters_freed(c) + (c)->pending)

/* Makes nr canaries; every slab_of_8 of 8 are slab objects. Ends on failure. */
void **canaries_new(struct kunit *test, size_t nr, unsigned int slab_of_8);

/*
 * Between the two the module must report what a caller did wrong. Once for each
 * kind, so tests say it only for the first.
 */
void report_expected(const char *what, const char *caller);
void report_expected_end(void);

/* Instead of report_expected(): the kernel may report that, and need not. */
void report_allowed(const char *what);

/* What the kernel takes for an NMI: it goes by the count, like the module. */
static inline void nmi_begin(void)
{
	local_irq_disable();
	__preempt_count_add(NMI_OFFSET + HARDIRQ_OFFSET);
}

static inline void nmi_end(void)
{
	__preempt_count_sub(NMI_OFFSET + HARDIRQ_OFFSET);
	local_irq_enable();
}

/*
 * Has all freed that is queued, and waits until no callback of the module is left with
 * RCU: what comes next asks for a grace period of its own, and is counted for that.
 */
void have_nothing_pending(void);

/* Keeps the test on one CPU. */
void stay_on_one_cpu(struct kunit *test);

/*
 * The same, and returns another CPU that it may keep busy. Skips the test if there is none, so
 * it comes before anything is made.
 */
unsigned int stay_off_one_cpu(struct kunit *test);

/*
 * Makes a thread on the first CPU, for the caller to wake up, and then has a reader begin
 * on the CPU given. Ends the test where there can't be either.
 */
struct task_struct *make_under_reader(struct kunit *test, int (*thread)(void *arg), void *arg,
				      struct canary_reader *reader, unsigned int cpu);

/* The same, and wakes the thread up. */
void start_under_reader(struct kunit *test, int (*thread)(void *arg), void *arg,
			struct canary_reader *reader, unsigned int cpu);

/* Objects for queuer_thread() to queue, by as many calls, before done. */
struct queuer {
	void **objects;
	size_t nr;
	struct completion done;
};

int queuer_thread(void *queuer);

/* A kernel thread that calls rcu_headless_barrier() once. */
struct barrier_caller {
	struct completion done;
};

int barrier_caller_start(struct barrier_caller *caller);

#endif /* _RCU_HEADLESS_TEST_FIXTURE_H */
