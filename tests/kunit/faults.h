/* SPDX-License-Identifier: GPL-2.0 */
/*
 * No memory, by the kernel's own fault injection: the guest sets fail_page_alloc
 * to fail every page allocation in tasks that ask, and lets failslab fail any.
 */
#ifndef _RCU_HEADLESS_TEST_FAULTS_H
#define _RCU_HEADLESS_TEST_FAULTS_H

#include <kunit/test.h>
#include <linux/types.h>

/* Skips the test if page allocation can't be made to fail. */
void needs_shortage(struct kunit *test);

/* Page allocation fails in the calling task, or no longer. */
void shortage_here(bool on);

/*
 * It fails in all workers too, or no longer, so that nobody gets spare pages in
 * the background. Taken back when the test ends.
 */
void shortage_for_workers(struct kunit *test);

/*
 * Whether all workers that there are now got nothing. If not, one has been made
 * since, and what it may have allocated says nothing.
 */
bool shortage_held(struct kunit *test);

/*
 * To be called now and then between calls that are to find no memory: lets the
 * kernel stock up what its debugging needs for every queued object.
 */
void shortage_breathe(void);

/* Now and then: after so many calls. */
#define BREATH 32

/* Skips the test if single allocations can't be made to fail. */
void needs_faults(struct kunit *test);

/* The calling task's nth allocation from now on fails, counted from 1. */
void fault_begin(unsigned int nth);

/* Ends that. Returns whether it came to the failure. */
bool fault_end(void);

#endif /* _RCU_HEADLESS_TEST_FAULTS_H */
