// SPDX-License-Identifier: GPL-2.0
#include <kunit/resource.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rcu_headless.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fixture.h"

#define STATS "/sys/kernel/debug/rcu_headless/stats"
#define PARAMETER_DIR "/sys/module/rcu_headless/parameters/"

/* Each member is a long. */
#define COUNTERS (sizeof(struct counters) / sizeof(long))

static struct file *stats_file;
/* Not allocated for each look, which is also made where there is no memory. */
static char stats_buf[PAGE_SIZE];
static bool checks_double_free;
static unsigned int spares;

static struct parameter_file {
	const char *path;
	struct file *file;
	/* Text that was there before the test. */
	char was[16];
} parameter_files[PARAMETERS] = {
	[PARAMETER_DRAIN_DELAY_MS] = { PARAMETER_DIR "drain_delay_ms" },
	[PARAMETER_EXPEDITED] = { PARAMETER_DIR "expedited" },
	[PARAMETER_PENDING_MIB] = { PARAMETER_DIR "pending_mib" },
	[PARAMETER_CHECK_DOUBLE_FREE] = { PARAMETER_DIR "check_double_free" },
};

/* A parameter as text, or nothing if it can't be read. */
static const char *read_parameter(const char *path, char *buf, size_t size)
{
	struct file *file = filp_open(path, O_RDONLY, 0);
	ssize_t len = 0;

	if (!IS_ERR(file)) {
		len = max_t(ssize_t, 0, kernel_read(file, buf, size - 1, NULL));
		filp_close(file, NULL);
	}
	buf[len] = '\0';
	return strim(buf);
}

/* Files that are open, as many as have been. */
static void close_files(void)
{
	size_t i;

	for (i = 0; i < PARAMETERS; i++)
		if (!IS_ERR_OR_NULL(parameter_files[i].file))
			filp_close(parameter_files[i].file, NULL);
	if (!IS_ERR_OR_NULL(stats_file))
		filp_close(stats_file, NULL);
}

/*
 * The files are opened where the suite starts, in the task that loads the tests:
 * the threads that the cases run in see no file system.
 */
int fixture_suite_init(struct kunit_suite *suite)
{
	int err = 0;
	char buf[16];
	size_t i;

	checks_double_free = !strcmp("Y", read_parameter(PARAMETER_DIR "check_double_free",
							 buf, sizeof(buf)));
	if (kstrtouint(read_parameter(PARAMETER_DIR "spares", buf, sizeof(buf)), 10, &spares))
		return -EINVAL;
	stats_file = filp_open(STATS, O_RDONLY, 0);
	err = PTR_ERR_OR_ZERO(stats_file);
	for (i = 0; i < PARAMETERS; i++) {
		struct parameter_file *p = &parameter_files[i];

		p->file = filp_open(p->path, O_RDWR, 0);
		err = err ?: PTR_ERR_OR_ZERO(p->file);
	}
	if (err)
		close_files();
	return err;
}

void fixture_suite_exit(struct kunit_suite *suite)
{
	close_files();
}

static bool parameter_write(struct parameter_file *p, const char *text)
{
	loff_t pos = 0;

	return kernel_write(p->file, text, strlen(text), &pos) == strlen(text);
}

static void parameter_restore(void *arg)
{
	struct parameter_file *p = arg;

	if (!parameter_write(p, p->was))
		pr_err("could not set %s back\n", p->path);
	p->was[0] = '\0';
}

void parameter_set(struct kunit *test, enum parameter which, const char *value)
{
	struct parameter_file *p = &parameter_files[which];
	loff_t pos = 0;
	ssize_t len;

	/* What it was before the test, however often that sets it. */
	if (!p->was[0]) {
		len = kernel_read(p->file, p->was, sizeof(p->was) - 1, &pos);
		KUNIT_ASSERT_GT(test, len, 0);
		p->was[len] = '\0';
		KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, parameter_restore, p));
	}
	KUNIT_ASSERT_TRUE(test, parameter_write(p, value));
}

bool fixture_checks_double_free(void)
{
	return checks_double_free;
}

unsigned int fixture_spares(void)
{
	return spares;
}

/* Has the file's text made afresh; kernel_read() can't read from debugfs. */
static int stats_text(char *buf, size_t size)
{
	struct seq_file *seq = stats_file->private_data, shown = *seq;
	int err;

	shown.buf = buf;
	shown.size = size - 1;
	shown.count = 0;
	err = seq->op->show(&shown, NULL);
	buf[shown.count] = '\0';
	return err;
}

static long *counter_of(struct counters *counters, const char *name)
{
	long *found = NULL;

#define COUNTER(counter)						\
do {									\
	if (!strcmp(name, #counter))					\
		found = (void *)counters + offsetof(struct counters, counter);	\
} while (0)
#include "counters.h"
#undef COUNTER
	return found;
}

void counters_read(struct kunit *test, struct counters *counters)
{
	char *rest = stats_buf, *line;
	size_t i, found = 0;

	for (i = 0; i < COUNTERS; i++)
		((long *)counters)[i] = LONG_MIN;
	KUNIT_ASSERT_EQ(test, stats_text(stats_buf, sizeof(stats_buf)), 0);
	while ((line = strsep(&rest, "\n")) && *line) {
		long *counter = counter_of(counters, strsep(&line, " "));

		KUNIT_ASSERT_NOT_NULL(test, line);
		if (!counter)
			continue;
		/* Each is there once. */
		KUNIT_ASSERT_EQ(test, *counter, LONG_MIN);
		KUNIT_ASSERT_EQ(test, 0, kstrtol(line, 10, counter));
		found++;
	}
	KUNIT_ASSERT_EQ(test, found, COUNTERS);
}

void have_nothing_pending(void)
{
	rcu_headless_barrier();
	rcu_barrier();
}

KUNIT_DEFINE_ACTION_WRAPPER(kvfree_action, kvfree, void *);

void **canaries_new(struct kunit *test, size_t nr, unsigned int slab_of_8)
{
	void **objects = kvcalloc(nr, sizeof(*objects), GFP_KERNEL);
	size_t i;

	KUNIT_ASSERT_NOT_NULL(test, objects);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, kvfree_action, objects));
	for (i = 0; i < nr; i++) {
		objects[i] = canary_new(i % 8 < slab_of_8 ? CANARY_SLAB :
							    CANARY_VMALLOC);
		KUNIT_ASSERT_NOT_NULL(test, objects[i]);
		KUNIT_ASSERT_TRUE(test, canary_alive(objects[i]));
	}
	return objects;
}

static bool has_surplus(struct kunit *test)
{
	struct counters now;

	/* Who finds few of them has more got. */
	kvfree_rcu_headless(canary_new(CANARY_SLAB));
	rcu_headless_barrier();
	counters_read(test, &now);
	return now.pages_spare > FEW_SPARES * (long)num_online_cpus();
}

void needs_surplus(struct kunit *test)
{
	if (fixture_spares() <= FEW_SPARES)
		kunit_skip(test, "needs more spares than are always kept");
	KUNIT_ASSERT_TRUE(test, wait_until(has_surplus(test)));
}

void report_expected(const char *what, const char *caller)
{
	pr_info("rcu_headless-test: expect %s, by %s\n", what, caller);
}

void report_allowed(const char *what)
{
	pr_info("rcu_headless-test: allow %s\n", what);
}

void report_expected_end(void)
{
	pr_info("rcu_headless-test: expect-end\n");
}

bool freed_too_early(const struct watched *w)
{
	struct rcu_gp_seq seq = w->queued_after;

	/* In this order: what isn't freed yet may have every right to be. */
	return w->object && !canary_alive(w->object) &&
	       !poll_state_synchronize_rcu_full(&seq);
}

void stay_on_one_cpu(struct kunit *test)
{
	unsigned int here = cpumask_first(cpu_online_mask);

	KUNIT_ASSERT_EQ(test, 0, set_cpus_allowed_ptr(current, cpumask_of(here)));
}

unsigned int stay_off_one_cpu(struct kunit *test)
{
	unsigned int other = cpumask_last(cpu_online_mask);

	if (cpumask_first(cpu_online_mask) == other)
		kunit_skip(test, "needs two CPUs");
	/* Without preemption a busy CPU would keep the test from going on. */
	stay_on_one_cpu(test);
	return other;
}

struct task_struct *make_under_reader(struct kunit *test, int (*thread)(void *arg), void *arg,
				      struct canary_reader *reader, unsigned int cpu)
{
	struct task_struct *task;

	/* No thread can be made where RCU waits for the reader. */
	task = kthread_create_on_cpu(thread, arg, cpumask_first(cpu_online_mask),
				     "under_reader/%u");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	if (canary_reader_start(reader, cpu)) {
		kthread_stop(task);
		KUNIT_FAIL_AND_ABORT(test, "no reader");
	}
	return task;
}

void start_under_reader(struct kunit *test, int (*thread)(void *arg), void *arg,
			struct canary_reader *reader, unsigned int cpu)
{
	wake_up_process(make_under_reader(test, thread, arg, reader, cpu));
}

int queuer_thread(void *arg)
{
	struct queuer *queuer = arg;
	size_t i;

	for (i = 0; i < queuer->nr; i++)
		kvfree_rcu_headless(queuer->objects[i]);
	complete(&queuer->done);
	return 0;
}

static int barrier_thread(void *arg)
{
	struct barrier_caller *caller = arg;

	rcu_headless_barrier();
	complete(&caller->done);
	return 0;
}

int barrier_caller_start(struct barrier_caller *caller)
{
	struct task_struct *task;

	init_completion(&caller->done);
	task = kthread_run(barrier_thread, caller, "barrier_caller");
	return PTR_ERR_OR_ZERO(task);
}

MODULE_DESCRIPTION("Tests of rcu_headless");
MODULE_LICENSE("GPL");
