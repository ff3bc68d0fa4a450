/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel macros and inline functions as functions that Rust can call.
 *
 * bindgen reads this file, so it may include only what is cheap to parse; the
 * helpers' own files include the headers that they wrap.
 */
#ifndef _RCU_HEADLESS_HELPERS_H
#define _RCU_HEADLESS_HELPERS_H

#include <linux/types.h>

struct delayed_work;
struct work_struct;

/* cpu.c */
void rcu_headless_helper_cpus_read_lock(void);
void rcu_headless_helper_cpus_read_unlock(void);
bool rcu_headless_helper_cpu_possible(unsigned int cpu);
bool rcu_headless_helper_cpu_online(unsigned int cpu);

/* kmemleak.c */
void rcu_headless_helper_kmemleak_scan_area(const void *ptr, size_t size);
void rcu_headless_helper_kmemleak_free(const void *ptr);

/* percpu.c */
void *rcu_headless_helper_alloc_percpu(size_t size, size_t align);
void *rcu_headless_helper_per_cpu_ptr(void *base, unsigned int cpu);
void *rcu_headless_helper_get_cpu_ptr(void *base);
void rcu_headless_helper_put_cpu(void);
void rcu_headless_helper_preempt_disable(void);

/* sched.c */
void rcu_headless_helper_cond_resched(void);

/* vmalloc.c */
unsigned long rcu_headless_helper_vmalloc_start(void);
unsigned long rcu_headless_helper_vmalloc_end(void);

/* workqueue.c */
void rcu_headless_helper_init_delayed_work(struct delayed_work *dwork,
					   void (*func)(struct work_struct *work));

#endif /* _RCU_HEADLESS_HELPERS_H */
