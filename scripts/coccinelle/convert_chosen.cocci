// SPDX-License-Identifier: GPL-2.0
/// Convert chosen sites to kvfree_rcu_headless(), for scripts/convert-sites.
///
//# The places are those in the file that SITES_CHOSEN names, each as "PATH:LINE": of waits,
//# which vanish, of frees, and of call_rcu().
///
// Confidence: High
// Comments: -
// Options: --no-includes --include-headers

virtual patch

@initialize:python@
@@

import os


def read_chosen():
    name = os.environ.get("SITES_CHOSEN")
    if not name:
        return set()
    with open(name, encoding="utf-8") as file:
        return set(file.read().split())


CHOSEN = read_chosen()


def is_chosen(p):
    return "%s:%s" % (p.file, p.line) in CHOSEN

// Chosen places are marked all at once: with the first change others would move.

@place depends on patch@
identifier F =~ "^(synchronize_(rcu|rcu_expedited|net)|kfree|kvfree|vfree|call_rcu)$";
position p;
@@

  F@p(...)

@script:python@
p << place.p;
@@

cocci.include_match(is_chosen(p[0]))

@mark@
expression E1, E2;
position place.p;
@@

(
- synchronize_rcu@p()
+ chosen_wait()
|
- synchronize_rcu_expedited@p()
+ chosen_wait()
|
- synchronize_net@p()
+ chosen_wait()
|
- kfree@p(E1)
+ kvfree_rcu_headless(E1)
|
- kvfree@p(E1)
+ kvfree_rcu_headless(E1)
|
- vfree@p(E1)
+ kvfree_rcu_headless(E1)
|
- call_rcu@p(E1, E2)
+ chosen_call(E1, E2)
)

@depends on patch@
@@

- chosen_wait();

// A struct that is there for its rcu_head alone.

@carrier depends on patch@
identifier S, P, M, R, callback;
expression E;
@@

- struct S *P = \(kzalloc_obj\|kmalloc_obj\|kzalloc\|kmalloc\)(...);
  ... when != P
- if (P) {
-	P->M = E;
-	chosen_call(&P->R, callback);
-	return;
- }
- \(synchronize_rcu\|synchronize_rcu_expedited\)();
- \(kfree\|kvfree\|vfree\)(E);
+ kvfree_rcu_headless(E);

@depends on patch@
identifier carrier.callback;
@@

- callback(...) { ... }

@depends on patch@
identifier carrier.S;
@@

- struct S { ... };

// An object whose callback frees it and nothing else.

@depends on patch@
expression E;
identifier R;
@@

- chosen_call(&E->R, ...);
+ kvfree_rcu_headless(E);
