// SPDX-License-Identifier: GPL-2.0

//! Faults on purpose, one at a time, to see whether the tests find them (`make mutants`).
//!
//! A build with `RCU_HEADLESS_MUTANT=name` has the fault of that name, any other has none of this.
//! The names are read from this table by `Kbuild`, which lets no other pass.
//!
//! | name | the fault | what it leads to |
//! |---|---|---|
//! | `cookie_at_open` | the cookie is taken before the first pointer, not after the last | free under a reader |
//! | `free_without_waiting` | every grace period counts as over | free under a reader |
//! | `fallback_without_waiting` | who finds no page doesn't wait before it frees | free under a reader |
//! | `seal_loses_last` | a sealed page has one pointer less | leak |
//! | `channel_mixed_up` | pages of vmalloc objects say that they have slab objects | wrong allocator |
//! | `free_irqs_off` | objects are freed with interrupts off | sleep in atomic context |
//! | `no_scan_area` | kmemleak isn't told of pages | objects that wait are reported as leaks |
//! | `left_in_account` | the kernel's account of queued objects isn't told that one is freed | false reports |
//! | `preemption_on` | a pointer is stored with preemption on | two tasks store into one place |
//! | `flush_not_queued` | nobody is told of a page that was opened | objects are stuck |
//! | `alarm_not_set_again` | pages that a drain leaves get no alarm | objects are stuck |
//! | `deferred_forgotten` | pages that were left to the drain aren't sealed by it | objects are stuck |
//! | `one_channel_first` | of two pages that are left to the drain it seals the same kind first | objects are stuck |
//! | `append_loses_tail` | a list forgets what follows its first page | leak |
//! | `double_drain` | who takes all pages of a CPU leaves them on its list | double free |
//! | `detach_forgets_vmalloc` | who takes all pages of a CPU forgets an open one | objects are left behind |
//! | `pages_lost_offline` | the pages of a CPU that goes down are dropped | leak |
//! | `barrier_skips_inboxes` | the barrier doesn't empty inboxes | it returns early |
//! | `barrier_skips_reserves` | it doesn't empty reserves | it returns early |
//! | `barrier_skips_open` | it doesn't have open pages sealed | it returns early |
//! | `barrier_skips_grace_period` | it doesn't let a grace period pass | it returns early |
//! | `barrier_skips_drain` | it doesn't wait for the last drain | it returns early |
//! | `barrier_skips_in_hand` | it doesn't wait for who has pages in hand | it returns early |
//! | `reserve_overrun` | one pointer more is let in than there is room for | lost pointer, no report |
//! | `inbox_flag_stays` | an inbox's work doesn't say that it has run | objects are stuck |
//! | `refill_irqs_off` | spare pages are allocated with interrupts off | sleep in atomic context |
//! | `spare_stays` | who takes a spare leaves it in its place too | two users of one page |
//! | `kept_pages_shrink` | the shrinker may take the pages that a CPU always needs | waits, no progress |
//! | `shrinker_undone` | what the shrinker takes is allocated again at once | no memory for others |
//! | `not_held_back` | callers go on however much waits | no memory for others |
//! | `elapsed_unused` | no page that has waited long enough is emptied by a caller | needless waits |
//! | `no_rescuer` | the queues' work runs where work may wait for memory | deadlock under pressure |
//! | `no_rcu_barrier` | unloading doesn't wait for the alarms' callbacks | call into what is gone |
//! | `torn_sums` | readers of counters take their time and don't look whether they change | sums that go backwards |

/// Whether this build has the fault of that name.
macro_rules! mutant {
    ($name:literal) => {
        cfg!(rcu_headless_mutant = $name)
    };
}

/// Does something unless this build has the fault of that name.
macro_rules! unless_mutant {
    ($name:literal, $what:expr) => {
        if !mutant!($name) {
            $what;
        }
    };
}
