// SPDX-License-Identifier: GPL-2.0
#include <linux/spinlock.h>

#include "helpers.h"

void rcu_headless_helper_raw_spin_lock_init(struct raw_spinlock *lock, const char *name,
					    struct lock_class_key *key)
{
#ifdef CONFIG_DEBUG_SPINLOCK
	__raw_spin_lock_init(lock, name, key, LD_WAIT_SPIN);
#else
	raw_spin_lock_init(lock);
#endif
}

void rcu_headless_helper_raw_spin_lock(struct raw_spinlock *lock)
{
	raw_spin_lock(lock);
}

bool rcu_headless_helper_raw_spin_trylock(struct raw_spinlock *lock)
{
	return raw_spin_trylock(lock);
}

void rcu_headless_helper_raw_spin_unlock(struct raw_spinlock *lock)
{
	raw_spin_unlock(lock);
}

void rcu_headless_helper_lockdep_assert_held(struct raw_spinlock *lock)
{
	lockdep_assert_held(lock);
}
