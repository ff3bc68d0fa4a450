// SPDX-License-Identifier: GPL-2.0
/// Facts about waits for RCU and what is done after them, for find-sites, which
/// decides from them. One JSON object a line.
///
// Confidence: High
// Comments: -
// Options: --no-includes --include-headers

virtual calls

@initialize:python@
@@

import json


def tell(kind, p, **facts):
    # What metavariables stand for, as text.
    facts = {name: value if isinstance(value, int) else str(value)
             for name, value in facts.items()}
    facts.update(kind=kind, function=p.current_element, line=int(p.line),
                 column=int(p.column))
    print(json.dumps(facts))


@call@
expression F;
expression list A;
position p;
@@

  F@p(A)

@script:python@
p << call.p;
F << call.F;
A << call.A;
@@

tell("call", p[0], name=F, arguments=A)

// What callbacks and functions that only free may not do.
@write@
expression L, R;
position p;
@@

  L@p = R

@script:python@
p << write.p;
L << write.L;
R << write.R;
@@

tell("write", p[0], to=L, value=R)

@wait@
position p;
@@

(
  synchronize_rcu@p()
|
  synchronize_rcu_expedited@p()
|
  synchronize_net@p()
)

// On some way through the function, behind the wait. Where there are too many ways, find-sites
// asks for calls only.
@after depends on !calls exists@
position wait.p, q;
expression F;
expression list A;
@@

(
  synchronize_rcu@p();
|
  synchronize_rcu_expedited@p();
|
  synchronize_net@p();
)
  ... when any
  F@q(A)

@script:python@
p << wait.p;
q << after.q;
@@

tell("after", q[0], wait=int(p[0].line))

@written depends on !calls exists@
position wait.p, q;
expression L, R;
@@

(
  synchronize_rcu@p();
|
  synchronize_rcu_expedited@p();
|
  synchronize_net@p();
)
  ... when any
  L@q = R

@script:python@
p << wait.p;
q << written.q;
@@

tell("written", q[0], wait=int(p[0].line))
