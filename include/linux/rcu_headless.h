/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Free kmalloc and vmalloc objects after an RCU grace period, given nothing but
 * their address: no rcu_head in the object, no waiting in the caller.
 */
#ifndef _LINUX_RCU_HEADLESS_H
#define _LINUX_RCU_HEADLESS_H

#include <linux/types.h>

/**
 * kfree_rcu_headless() - free a kmalloc object after a grace period
 * @ptr: what kmalloc(), kmem_cache_alloc() or one of their relatives returned;
 *	NULL is ignored
 *
 * The object is freed as kfree() would free it, once every RCU reader that was
 * running at the time of the call is done. Readers must no longer be able to
 * find the object: unpublish it first. Calling it twice for one object is a
 * double free.
 *
 * It usually returns at once. Only when no memory is left to note the address
 * down does it wait for a grace period itself; it never fails.
 *
 * Use this rather than kvfree_rcu_headless() where the object can't come from
 * vmalloc(): it saves looking.
 *
 * Context: Process context, may sleep. Not inside an RCU read-side critical
 *	section, not with preemption, softirqs or interrupts off.
 */
void kfree_rcu_headless(const void *ptr);

/**
 * kvfree_rcu_headless() - free a kmalloc or vmalloc object after a grace period
 * @ptr: what kvmalloc(), kmalloc(), vmalloc() or one of their relatives
 *	returned; NULL is ignored
 *
 * As kfree_rcu_headless(), for objects of both families. vmalloc objects are
 * gathered and freed apart from kmalloc objects, both in batches.
 *
 * Context: Process context, may sleep. Not inside an RCU read-side critical
 *	section, not with preemption, softirqs or interrupts off.
 */
void kvfree_rcu_headless(const void *ptr);

/**
 * kvfree_rcu_headless_bulk() - free many objects after a grace period
 * @nr: how many pointers @ptrs holds
 * @ptrs: the objects, kmalloc and vmalloc mixed as they come; NULL entries are
 *	skipped
 *
 * The same as @nr calls of kvfree_rcu_headless(), for less. The array stays the
 * caller's and may be reused at once; it is read, never written.
 *
 * Context: Process context, may sleep. Not inside an RCU read-side critical
 *	section, not with preemption, softirqs or interrupts off.
 */
void kvfree_rcu_headless_bulk(size_t nr, void *const *ptrs);

/**
 * rcu_headless_barrier() - wait until what was queued before has been freed
 *
 * When it returns, every object handed to this API before the call, on
 * whichever CPU, has been freed. Objects handed over meanwhile may or may not
 * be. Call it before kmem_cache_destroy() of a cache whose objects were freed
 * this way.
 *
 * A module that frees through this API need not call it on unload: the objects
 * are plain memory and no code of the module runs when they are freed.
 *
 * It waits for at least one grace period and holds cpus_read_lock() meanwhile,
 * so it must not be called from a CPU hotplug callback or with that lock held.
 *
 * Context: Process context, sleeps. Not inside an RCU read-side critical
 *	section.
 */
void rcu_headless_barrier(void);

#endif /* _LINUX_RCU_HEADLESS_H */
