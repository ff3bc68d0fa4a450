/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Free kmalloc and vmalloc objects after an RCU grace period, given nothing but
 * their address: no rcu_head in the object, no waiting in the caller.
 */
#ifndef _LINUX_RCU_HEADLESS_H
#define _LINUX_RCU_HEADLESS_H

#include <linux/compiler_attributes.h>
#include <linux/types.h>

/**
 * kfree_rcu_headless() - free a kmalloc object after a grace period
 * @ptr: what kmalloc(), kmem_cache_alloc() or one of their relatives returned;
 *	NULL and ZERO_SIZE_PTR, which is what kmalloc(0) returns, are ignored
 *
 * The object is freed as kfree() would free it, once every RCU reader that was
 * running at the time of the call is done. Readers must no longer be able to
 * find the object: unpublish it first. Calling it twice for one object is a
 * double free.
 *
 * It usually returns at once. Only when no memory is left to note the address
 * down, or when objects that take too much of it wait already, does it wait for
 * a grace period itself; it never fails.
 *
 * Use this rather than kvfree_rcu_headless() where the object can't come from
 * vmalloc(): it saves looking.
 *
 * Context: Process context, may sleep. Not inside an RCU read-side critical
 *	section, not with preemption, softirqs or interrupts off, not in a probe
 *	of a tracepoint.
 */
void kfree_rcu_headless(const void *ptr);

/**
 * kvfree_rcu_headless() - free a kmalloc or vmalloc object after a grace period
 * @ptr: what kvmalloc(), kmalloc(), vmalloc() or one of their relatives
 *	returned; NULL and ZERO_SIZE_PTR are ignored
 *
 * As kfree_rcu_headless(), for objects of both families. vmalloc objects are
 * gathered and freed apart from kmalloc objects, both in batches.
 *
 * Context: Process context, may sleep. Not inside an RCU read-side critical
 *	section, not with preemption, softirqs or interrupts off, not in a probe
 *	of a tracepoint.
 */
void kvfree_rcu_headless(const void *ptr);

/**
 * kvfree_rcu_headless_bulk() - free many objects after a grace period
 * @nr: how many pointers @ptrs holds
 * @ptrs: the objects, kmalloc and vmalloc mixed as they come; entries that are
 *	NULL or ZERO_SIZE_PTR are skipped
 *
 * The same as @nr calls of kvfree_rcu_headless(), for less. The array stays the
 * caller's and may be reused at once; it is read, never written.
 *
 * Context: Process context, may sleep. Not inside an RCU read-side critical
 *	section, not with preemption, softirqs or interrupts off, not in a probe
 *	of a tracepoint.
 */
void kvfree_rcu_headless_bulk(size_t nr, void *const *ptrs);

/**
 * kvfree_rcu_headless_try() - free an object after a grace period, if there is room
 * @ptr: as for kvfree_rcu_headless(); NULL and ZERO_SIZE_PTR count as taken
 *
 * Never sleeps, waits or allocates. There is room for some hundred objects on
 * each CPU, which a worker moves on within a jiffy or two. Where a free must not
 * fail, see kvfree_rcu_headless_reserved().
 *
 * Context: Any, NMI included; under any lock, on PREEMPT_RT too.
 * Return: true if the object was taken; false if it is still the caller's.
 */
bool __must_check kvfree_rcu_headless_try(const void *ptr);

/* The most objects that one reserve can have room for. */
#define RCU_HEADLESS_RESERVE_MAX 65536

/**
 * struct rcu_headless_reserve - room for frees that must not fail
 *
 * Zero, as static and zeroed memory is, means no room. It may be part of
 * another structure and must not be copied.
 */
struct rcu_headless_reserve {
	/* private: */
	void *reserve;
};

/**
 * rcu_headless_reserve() - set room aside for kvfree_rcu_headless_reserved()
 * @r: the reserve
 * @nr: how many objects there shall be room for, RCU_HEADLESS_RESERVE_MAX at most
 * @gfp: how to allocate the memory for that: 8 bytes for each object, for as many as
 *	the next power of two
 *
 * After it has returned 0, @nr objects can be freed through @r, whatever
 * happens. What is freed through @r uses the room up; a worker makes room again
 * in the background, but only another call of this function assures of it. So
 * call it before each section that frees up to @nr objects in atomic context.
 * If there is room for @nr objects already it allocates nothing; a smaller @nr
 * than before gives no memory back.
 *
 * Objects may be freed through @r during the call.
 *
 * Context: Process context, may sleep whatever @gfp says.
 * Return: 0, or -EINVAL if @nr is too large or the context wrong, or -ENOMEM.
 *	When it fails, @r is as before.
 */
int __must_check rcu_headless_reserve(struct rcu_headless_reserve *r, size_t nr, gfp_t gfp);

/**
 * kvfree_rcu_headless_reserved() - free an object after a grace period, surely
 * @r: a reserve with room left
 * @ptr: as for kvfree_rcu_headless(); NULL and ZERO_SIZE_PTR are ignored and
 *	need no room
 *
 * Never sleeps, waits, allocates or fails. Any number of CPUs may free through
 * the same reserve at once.
 *
 * Without room left, which is a bug in the caller, it warns and does what
 * kvfree_rcu_headless_try() would; if there is no room either, the object leaks
 * and is counted.
 *
 * Context: Any, NMI included; under any lock, on PREEMPT_RT too.
 */
void kvfree_rcu_headless_reserved(struct rcu_headless_reserve *r, const void *ptr);

/**
 * rcu_headless_unreserve() - give a reserve back
 * @r: the reserve; one with no room is left alone
 *
 * Objects that were freed through @r will be freed after their grace period.
 * Nobody may free through @r any more; it may be used again after another
 * rcu_headless_reserve(). A module that has reserves must give them back before
 * it is unloaded, and before rcu_headless_barrier() if that is for a cache.
 *
 * Context: Process context, sleeps.
 */
void rcu_headless_unreserve(struct rcu_headless_reserve *r);

/**
 * rcu_headless_barrier() - wait until what was queued before has been freed
 *
 * When it returns, every object handed to this API before the call, on
 * whichever CPU, has been freed. Objects handed over meanwhile may or may not
 * be.
 *
 * A cache whose objects were freed this way must be empty before it goes: once
 * nobody frees any more, call rcu_headless_unreserve() for each reserve, then
 * rcu_headless_barrier(), then kmem_cache_destroy(), in this order.
 *
 * Other objects may outlive the module that handed them over, as no code of its
 * is called to free them. Its RCU readers may not: the calls above don't wait for
 * them, as synchronize_rcu() before kfree() did. A module whose code runs inside
 * rcu_read_lock() must call synchronize_rcu() in its exit function, after the
 * last reader could begin. This function is no substitute: it waits for objects,
 * and for nothing where none are pending.
 *
 * It waits for a grace period or two, on no particular CPU, and frees what waits
 * itself; for more where objects that came in atomic context are held back because
 * too much waits. With nothing queued anywhere it returns at once.
 *
 * Context: Process context, sleeps. Not inside an RCU read-side critical
 *	section.
 */
void rcu_headless_barrier(void);

#endif /* _LINUX_RCU_HEADLESS_H */
