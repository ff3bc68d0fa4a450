// SPDX-License-Identifier: GPL-2.0
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/gfp.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "failing.h"
#include "faults.h"

void shortage_here(bool on)
{
	set_failing(current, on);
}

struct stay {
	struct work_struct work;
	struct completion begun;
	struct completion *end;
};

static void stay_work(struct work_struct *work)
{
	struct stay *stay = container_of(work, struct stay, work);

	complete(&stay->begun);
	wait_for_completion(stay->end);
}

#define WORKERS 4

/*
 * Has the pools of unbound work make their workers now: one that they make later wouldn't
 * know that allocations are to fail. There may be one for each CPU or for all.
 */
static void make_workers(struct kunit *test, struct workqueue_struct *wq)
{
	size_t i, nr = WORKERS * num_online_cpus();
	struct stay *stays = kunit_kcalloc(test, nr, sizeof(*stays), GFP_KERNEL);
	DECLARE_COMPLETION_ONSTACK(end);
	int cpu = -1;

	KUNIT_ASSERT_NOT_NULL(test, stays);
	for (i = 0; i < nr; i++) {
		cpu = cpumask_next_wrap(cpu, cpu_online_mask);
		INIT_WORK(&stays[i].work, stay_work);
		init_completion(&stays[i].begun);
		stays[i].end = &end;
		queue_work_on(cpu, wq, &stays[i].work);
	}
	/* While they all stay, each has a worker of its own. */
	for (i = 0; i < nr; i++)
		wait_for_completion(&stays[i].begun);
	complete_all(&end);
	for (i = 0; i < nr; i++)
		flush_work(&stays[i].work);
	kunit_kfree(test, stays);
}

static void workers_action(void *unused)
{
	set_workers_failing(false);
}

/* Those that work on a workqueue with the flags is given to. */
static void make_workers_of(struct kunit *test, unsigned int flags)
{
	struct workqueue_struct *wq;

	wq = alloc_workqueue("rcu_headless_test", WQ_UNBOUND | flags, WORKERS * num_online_cpus());
	KUNIT_ASSERT_NOT_NULL(test, wq);
	make_workers(test, wq);
	destroy_workqueue(wq);
}

void shortage_for_workers(struct kunit *test)
{
	/* That of the drain, and that of the refill. */
	make_workers_of(test, WQ_HIGHPRI);
	make_workers_of(test, 0);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action(test, workers_action, NULL));
	set_workers_failing(true);
}

bool shortage_held(struct kunit *test)
{
	bool held = true;
#ifdef CONFIG_FAULT_INJECTION
	struct task_struct *task;

	rcu_read_lock();
	for_each_process(task)
		if (task->flags & PF_WQ_WORKER && !task->make_it_fail)
			held = false;
	rcu_read_unlock();
#endif
	if (!held)
		kunit_info(test, "a new worker had memory");
	return held;
}

static void no_work(struct work_struct *work)
{
}

void shortage_breathe(void)
{
	struct work_struct work;

	set_failing(current, false);
	/* Announcing an object fills the pool that queueing one takes from. */
	INIT_WORK_ONSTACK(&work, no_work);
	destroy_work_on_stack(&work);
	set_failing(current, true);
}

void needs_shortage(struct kunit *test)
{
	struct page *page;

	if (!IS_ENABLED(CONFIG_FAIL_PAGE_ALLOC))
		kunit_skip(test, "needs CONFIG_FAIL_PAGE_ALLOC");
	shortage_here(true);
	page = alloc_page(GFP_KERNEL | __GFP_NOWARN);
	shortage_here(false);
	if (page)
		__free_page(page);
	if (page)
		kunit_skip(test, "needs fail_page_alloc set up in debugfs");
}

void needs_faults(struct kunit *test)
{
	bool failed;

	if (!IS_ENABLED(CONFIG_FAILSLAB))
		kunit_skip(test, "needs CONFIG_FAILSLAB");
	fault_begin(1);
	kfree(kmalloc(8, GFP_KERNEL));
	failed = fault_end();
	if (!failed)
		kunit_skip(test, "needs failslab set up in debugfs");
}

void fault_begin(unsigned int nth)
{
#ifdef CONFIG_FAULT_INJECTION
	current->fail_nth = nth;
#endif
}

bool fault_end(void)
{
#ifdef CONFIG_FAULT_INJECTION
	bool failed = !current->fail_nth;

	current->fail_nth = 0;
	return failed;
#else
	return false;
#endif
}
