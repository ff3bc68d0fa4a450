// SPDX-License-Identifier: GPL-2.0
/// Don't wait for a grace period before memory is freed: kvfree_rcu_headless() frees it
/// after one and returns at once.
///
//# The wait may protect more than the memory that is freed after it. Left out are sites
//# where other functions are called after the wait, but for locks that are given back and
//# messages; what the caller does after the return can't be seen here. find-sites looks
//# closer, and tells what it goes by.
///
// Confidence: Moderate
// Comments: -
// Options: --no-includes --include-headers

virtual patch
virtual context
virtual org
virtual report

// What comes after a wait and may need readers gone.

@busy exists@
// Some builds of Coccinelle have expressions in which "|" and "()" mean themselves.
identifier f != {kfree, kvfree, vfree, up_read, up_write} && !~ "unlock" && !~ "^pr_"
	&& !~ "^dev_" && !~ "^netdev_" && !~ "^WARN";
position p;
@@

(
  synchronize_rcu@p();
|
  synchronize_rcu_expedited@p();
|
  synchronize_net@p();
)
  ... when any
  f(...)

@free exists@
expression E;
position w != busy.p, p;
@@

(
  synchronize_rcu@w();
|
  synchronize_rcu_expedited@w();
|
  synchronize_net@w();
)
  ... when any
(
  kfree@p(E);
|
  kvfree@p(E);
|
  vfree@p(E);
)

@script:python depends on report@
w << free.w;
p << free.p;
E << free.E;
@@

msg = "opportunity for kvfree_rcu_headless(%s): waits in line %s" % (E, w[0].line)
coccilib.report.print_report(p[0], msg)

@script:python depends on org@
w << free.w;
p << free.p;
E << free.E;
@@

msg = "opportunity for kvfree_rcu_headless(%s): waits in line %s" % (E, w[0].line)
coccilib.org.print_todo(p[0], msg)

@depends on context@
position free.w, free.p;
expression free.E;
@@

(
* synchronize_rcu@w();
|
* synchronize_rcu_expedited@w();
|
* synchronize_net@w();
)
  ... when any
(
* kfree@p(E);
|
* kvfree@p(E);
|
* vfree@p(E);
)

@depends on patch@
position free.w, free.p;
expression free.E;
@@

(
- kfree@p(E);
+ kvfree_rcu_headless(E);
|
- kvfree@p(E);
+ kvfree_rcu_headless(E);
|
- vfree@p(E);
+ kvfree_rcu_headless(E);
|
- synchronize_rcu@w();
|
- synchronize_rcu_expedited@w();
|
- synchronize_net@w();
)
