// SPDX-License-Identifier: GPL-2.0
/* The ways to be rid of objects that are measured against each other. */
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "bench.h"

/* A loop for each, so that no call goes through a pointer. */
#define RETIRE_EACH(name, how)							\
static void retire_##name(void **objects, size_t nr, struct bench_tools *tools)	\
{										\
	size_t i;								\
										\
	for (i = 0; i < nr; i++) {						\
		void *object = objects[i];					\
										\
		how;								\
	}									\
}

static void free_callback(struct rcu_head *rh)
{
	kvfree(container_of(rh, struct bench_object, rh));
}

static void nothing(void)
{
}

/* The end of any cache waits for all of kfree_rcu() that isn't in some cache. */
static void wait_kvfree_rcu(void)
{
	kmem_cache_destroy(kmem_cache_create("rcu_headless_bench_end", 64, 0,
					     SLAB_NO_MERGE, NULL));
}

RETIRE_EACH(empty, rcu_headless_bench_empty(object))
RETIRE_EACH(kvfree, kvfree(object))
RETIRE_EACH(synchronize, (synchronize_rcu(), kvfree(object)))
RETIRE_EACH(call_rcu, call_rcu(&((struct bench_object *)object)->rh, free_callback))
RETIRE_EACH(kvfree_rcu, kvfree_rcu((struct bench_object *)object, rh))
RETIRE_EACH(mightsleep, kvfree_rcu_mightsleep(object))
RETIRE_EACH(headless, kvfree_rcu_headless(object))
RETIRE_EACH(headless_slab, kfree_rcu_headless(object))
RETIRE_EACH(reserved, kvfree_rcu_headless_reserved(&tools->reserve, object))

static void retire_try(void **objects, size_t nr, struct bench_tools *tools)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (kvfree_rcu_headless_try(objects[i]))
			continue;
		tools->refused++;
		kvfree_rcu_headless(objects[i]);
	}
}

#define BULK 16

static void retire_bulk(void **objects, size_t nr, struct bench_tools *tools)
{
	size_t i;

	for (i = 0; i < nr; i += BULK)
		kvfree_rcu_headless_bulk(min_t(size_t, BULK, nr - i), objects + i);
}

/* The worker that empties inboxes gets its chance: it needs a jiffy. */
static int let_inboxes_empty(struct bench_tools *tools)
{
	schedule_timeout_uninterruptible(3);
	return 0;
}

static int top_up(struct bench_tools *tools)
{
	return rcu_headless_reserve(&tools->reserve, BENCH_BATCH, GFP_KERNEL);
}

const struct bench_peer bench_peers[] = {
	{ "empty", retire_empty, .wait = nothing, .keeps = true },
	{ "kfree", retire_kvfree, .wait = nothing },
	{ "synchronize_rcu", retire_synchronize, .wait = nothing },
	{ "call_rcu", retire_call_rcu, .wait = rcu_barrier },
	{ "kfree_rcu", retire_kvfree_rcu, .wait = wait_kvfree_rcu },
	{ "mightsleep", retire_mightsleep, .wait = wait_kvfree_rcu },
	{ "headless", retire_headless, .wait = rcu_headless_barrier },
	{ "headless_slab", retire_headless_slab, .wait = rcu_headless_barrier },
	{ "headless_bulk", retire_bulk, .wait = rcu_headless_barrier },
	{ "headless_try", retire_try, let_inboxes_empty, rcu_headless_barrier },
	{ "headless_reserved", retire_reserved, top_up, rcu_headless_barrier },
	{}
};

const struct bench_peer *bench_peer_find(const char *name)
{
	const struct bench_peer *peer;

	for (peer = bench_peers; peer->name; peer++)
		if (!strcmp(peer->name, name))
			return peer;
	return NULL;
}
