// SPDX-License-Identifier: GPL-2.0
/// Convert chosen sites to kvfree_rcu_headless(), for convert-sites.
///
//# For one file. The places are those in the file that SITES_CHOSEN names, by line: of waits,
//# which vanish, of frees, and of call_rcu(). It also says what callbacks do the
//# freeing, as "PATTERN:FUNCTION". For those that free more than one object another function
//# is called, of which the frees wait: convert-sites writes it.
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
    return str(p.line) in CHOSEN


def does(pattern, name):
    return "%s:%s" % (pattern, name) in CHOSEN

// Chosen places are marked all at once: with the first change others would move.

@place depends on patch@
identifier F = {synchronize_rcu, synchronize_rcu_expedited, synchronize_net, kfree, kvfree,
		vfree, call_rcu};
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

// Objects whose callback frees them and others with them.

@several@
identifier callback, R;
expression E;
position p;
@@

  chosen_call@p(&E->R, callback)

@script:python@
callback << several.callback;
@@

cocci.include_match(does("call_rcu_of_several", callback))

@depends on patch@
identifier several.callback, several.R;
expression several.E;
position several.p;
fresh identifier H = callback ## "_headless";
@@

- chosen_call@p(&E->R, callback)
+ H(&E->R)

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

// Another whose lack is no reason to wait, but to fail.

@failing depends on patch@
identifier S, P, M, R, callback, label;
expression E;
@@

- struct S *P;
+ const void *P;
  ...
- P = \(kzalloc_obj\|kmalloc_obj\|kzalloc\|kmalloc\)(...);
- if (!P)
-	goto label;
- P->M = E;
+ P = E;
  ... when != P
- chosen_call(&P->R, callback);
+ kvfree_rcu_headless(P);

@depends on carrier@
identifier carrier.callback;
@@

- callback(...) { ... }

@depends on carrier@
identifier carrier.S;
@@

- struct S { ... };

@depends on failing@
identifier failing.callback;
@@

- callback(...) { ... }

@depends on failing@
identifier failing.S;
@@

- struct S { ... };

// An object whose callback frees it and nothing else.

@object@
identifier callback, R;
expression E;
position p;
@@

  chosen_call@p(&E->R, callback)

@script:python@
callback << object.callback;
@@

cocci.include_match(does("call_rcu", callback))

@depends on patch@
expression object.E;
identifier object.R, object.callback;
position object.p;
@@

- chosen_call@p(&E->R, callback)
+ kvfree_rcu_headless(E)
