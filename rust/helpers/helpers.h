/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel macros and inline functions as functions that Rust can call, and the
 * Rust functions that C calls.
 *
 * bindgen reads this file, so it may include only what is cheap to parse; the
 * helpers' own files include the headers that they wrap.
 */
#ifndef _RCU_HEADLESS_HELPERS_H
#define _RCU_HEADLESS_HELPERS_H

#include <linux/types.h>

struct callback_head;
struct dentry;
struct file_operations;
struct irq_work;
struct kernel_param;
struct lock_class_key;
struct module;
struct raw_spinlock;
struct rcu_headless_reserve;

/* address.c */
#define RCU_HEADLESS_SYMBOL_LEN 768
bool rcu_headless_helper_has_tags(void);
unsigned long rcu_headless_helper_without_tag(const void *ptr);
unsigned long rcu_headless_helper_direct_map_start(void);
unsigned long rcu_headless_helper_direct_map_end(void);
unsigned long rcu_headless_helper_user_end(void);
bool rcu_headless_helper_modules_in_vmalloc(void);
size_t rcu_headless_helper_modules_reach(void);
bool rcu_headless_helper_is_vmalloc_or_module(const void *ptr);
bool rcu_headless_helper_in_direct_map(const void *ptr);
bool rcu_headless_helper_is_slab(const void *ptr);
bool rcu_headless_helper_can_be_object(const void *ptr);
bool rcu_headless_helper_on_stack(const void *ptr);
void rcu_headless_helper_sprint_symbol(char *buffer, unsigned long address);
unsigned long rcu_headless_helper_thread_size(void);

/* bug.c */
void rcu_headless_helper_warn(const char *what, unsigned long caller);

/* context.c */
#define RCU_HEADLESS_NMI_MASK 0xf0000000
bool rcu_headless_helper_in_nmi(void);
bool rcu_headless_helper_in_atomic(void);
bool rcu_headless_helper_irqs_disabled(void);
bool rcu_headless_helper_may_block(void);
void rcu_headless_helper_preempt_disable(void);
void rcu_headless_helper_preempt_enable(void);

/* cpu.c */
bool rcu_headless_helper_cpu_possible(unsigned int cpu);
int rcu_headless_helper_cpu_to_node(unsigned int cpu);
bool rcu_headless_helper_is_housekeeping_cpu(unsigned int cpu);

/* debugfs.c */
struct dentry *rcu_headless_helper_debugfs_create_dir(const char *name);
void rcu_headless_helper_debugfs_create_file(const char *name, umode_t mode,
					     struct dentry *dir, void *data,
					     const struct file_operations *fops);
void rcu_headless_helper_debugfs_remove(struct dentry *dir);

/* debugobjects.c */
int rcu_headless_helper_debug_object_activate(void *ptr);
void rcu_headless_helper_debug_object_deactivate(void *ptr);
void rcu_headless_helper_debug_object_free(void *ptr);

/* gfp.c */
gfp_t rcu_headless_helper_gfp_nowait(void);
gfp_t rcu_headless_helper_gfp_refill(void);
void *rcu_headless_helper_alloc_page_node(int node, gfp_t gfp);

/* irq_work.c */
void rcu_headless_helper_init_irq_work(struct irq_work *work, void (*func)(struct irq_work *work));
bool rcu_headless_helper_takes_interrupts(void);

/* kmemleak.c */
void rcu_headless_helper_kmemleak_scan_area(const void *ptr, size_t size);
void rcu_headless_helper_kmemleak_free(const void *ptr);

/* lock.c */
void rcu_headless_helper_raw_spin_lock_init(struct raw_spinlock *lock, const char *name,
					    struct lock_class_key *key);
void rcu_headless_helper_raw_spin_lock(struct raw_spinlock *lock);
bool rcu_headless_helper_raw_spin_trylock(struct raw_spinlock *lock);
void rcu_headless_helper_raw_spin_unlock(struct raw_spinlock *lock);
void rcu_headless_helper_lockdep_assert_held(struct raw_spinlock *lock);

/* memcg.c */
unsigned long rcu_headless_helper_memcg_limit(bool half_used);

/* mm.c */
unsigned long rcu_headless_helper_lowmem_pages(void);

/* module.c */
bool rcu_headless_helper_within_module(unsigned long address, const struct module *module);
bool rcu_headless_helper_within_module_init(unsigned long address,
					    const struct module *module);

/* moduleparam.c; the functions are in params.rs */
int rcu_headless_param_set(const char *val, const struct kernel_param *kp);
int rcu_headless_param_get(char *buffer, const struct kernel_param *kp);

/* percpu.c */
struct rcu_headless_lanes {
	void **cursors[2];
	unsigned long starts[2];
	unsigned long units[2];
	void **firsts[2];
};

void *rcu_headless_helper_alloc_percpu(size_t size, size_t align);
void *rcu_headless_helper_per_cpu_ptr(void *base, unsigned int cpu);
void *rcu_headless_helper_this_cpu_ptr(void *base);
struct rcu_headless_lanes *rcu_headless_helper_lanes_of(unsigned int cpu);

/* rcu.c */
void rcu_headless_helper_call_rcu_hurry(struct callback_head *head,
					void (*func)(struct callback_head *head));
void rcu_headless_helper_get_state_synchronize_rcu_full(void *seq);
bool rcu_headless_helper_poll_state_synchronize_rcu_full(void *seq);
void rcu_headless_helper_synchronize_rcu_expedited(void);

/* sched.c */
void rcu_headless_helper_cond_resched(void);

/* slab.c */
#define RCU_HEADLESS_ZERO_SIZE 16
void *rcu_headless_helper_kvcalloc_node(size_t n, size_t size, gfp_t gfp, int node);

/* trace.c; the events are in trace.h, and these in trace.rs */
int rcu_headless_trace_queue_begin(void);
void rcu_headless_trace_queue_end(void);

/* vmalloc.c */
unsigned long rcu_headless_helper_pmd_size(void);
unsigned long rcu_headless_helper_vmalloc_start(void);
unsigned long rcu_headless_helper_vmalloc_end(void);
bool rcu_headless_helper_vmalloc_has_page(const void *ptr);
bool rcu_headless_helper_vmalloc_is_reserved(const void *ptr);

/* exports.c; these are in api.rs */
void rcu_headless_free_slab(const void *ptr, unsigned long caller);
void rcu_headless_free_any(const void *ptr, unsigned long caller);
void rcu_headless_free_bulk(size_t nr, void *const *ptrs, unsigned long caller);
bool rcu_headless_free_try(const void *ptr, unsigned long caller);
void rcu_headless_free_reserved(struct rcu_headless_reserve *reserve, const void *ptr,
				unsigned long caller);
int rcu_headless_provide(struct rcu_headless_reserve *reserve, size_t nr, gfp_t gfp,
			 unsigned long caller);
void rcu_headless_give_back(struct rcu_headless_reserve *reserve, unsigned long caller);
void rcu_headless_wait(unsigned long caller);

#endif /* _RCU_HEADLESS_HELPERS_H */
