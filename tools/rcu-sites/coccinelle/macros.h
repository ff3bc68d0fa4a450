/* SPDX-License-Identifier: GPL-2.0 */
/* What macros of the kernel are, for Coccinelle, where it can't tell by itself. */
#define scoped_guard YACFE_ITERATOR
#define scoped_cond_guard YACFE_ITERATOR
#define scoped_class YACFE_ITERATOR
#define scoped_user_access YACFE_ITERATOR
#define wait_event_cmd YACFE_STATEMENT
#define __free(function)
#define __cleanup(function)
#define __counted_by(member)
#define __must_hold(lock)
#define __must_hold_shared(lock)
#define __acquires(lock)
#define __releases(lock)
#define __acquires_shared(lock)
#define __releases_shared(lock)
#define __cond_acquires(value, lock)
#define __guarded_by(lock)
#define __rcu
