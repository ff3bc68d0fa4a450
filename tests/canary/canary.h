/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects that show whether they have been freed, and readers that must be
 * waited for. Knows nothing of rcu_headless, so it outlives its unloading.
 */
#ifndef _RCU_HEADLESS_CANARY_H
#define _RCU_HEADLESS_CANARY_H

#include <linux/completion.h>
#include <linux/types.h>

struct task_struct;

enum canary_kind {
	CANARY_SLAB,
	CANARY_VMALLOC,
	CANARY_KINDS,
};

/* A new object, or NULL. It is freed by kfree() or kvfree(), as of its kind. */
void *canary_new(enum canary_kind kind);

/*
 * Whether the object has not been freed. "Alive" is never said of a freed
 * object, nor "freed" of one that wasn't: freeing overwrites a slab object with
 * SLUB's poison, or marks it in KASAN's shadow, and takes away a vmalloc object's
 * mapping.
 */
bool canary_alive(const void *object);

/* How many of the objects are alive. */
size_t canary_count_alive(void *const *objects, size_t nr);

/* An RCU reader that stays in its critical section until it is told to leave. */
struct canary_reader {
	/* The objects that it may still see: set before canary_reader_start(). */
	void *const *objects;
	size_t nr;
	/* How many of them were freed when it left: it must be none. */
	size_t nr_lost;
	/* Private. */
	struct task_struct *task;
	struct completion entered, left;
	bool leave;
};

/* Returns once the reader is in its critical section, on the CPU given. */
int canary_reader_start(struct canary_reader *reader, unsigned int cpu);
/* Returns once the reader has left it. */
void canary_reader_stop(struct canary_reader *reader);

#endif /* _RCU_HEADLESS_CANARY_H */
