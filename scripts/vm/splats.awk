#!/usr/bin/awk -f
# SPDX-License-Identifier: GPL-2.0
#
# Prints what a kernel log reports as wrong: warnings, oopses, lock and RCU
# complaints, leaks. A test that provokes a report on purpose announces it by
# writing to /dev/kmsg, and takes the announcement back afterwards:
#
#   rcu_headless-test: expect REGEX
#   rcu_headless-test: expect-end
#
# Between the two at least one line must match REGEX; with "allow" instead of
# "expect", any number may. If that is the text of a warning, its title and its trace are
# part of it; other reports still count. No test leaves an announcement to the next. With
# -v goes_on=1 the log isn't over, nor what was announced last.
#
# A data race is ours if our code makes one of the accesses, or has called what makes them
# both; those within the kernel, of which KCSAN's strict rules find some, are left to
# their authors, and so are those of locks and of work that is queued by several at once.
# Exit status: 0 nothing wrong.

BEGIN {
	bad = "WARNING:|BUG:|BUG |Oops|Kernel panic|general protection|Unable to handle" \
		"|Internal error:|KASAN:|UBSAN:|KFENCE:|ODEBUG:|kmemleak: [0-9]+ new suspected" \
		"|possible (recursive|circular) locking|inconsistent lock state" \
		"|possible irq lock inversion|suspicious RCU usage|non-static key|bad unlock balance" \
		"|held lock freed|lock held when returning|Invalid wait context" \
		"|rcu: INFO: |detected .*stalls|self-detected stall|blocked for more than" \
		"|soft lockup|hard LOCKUP|workqueue lockup|scheduling while atomic" \
		"|sleeping function called|refcount_t:|list_(add|del) corruption" \
		"|Objects remaining|still has objects|Call [Tt]race:|nobody cared" \
		"|Out of memory: Killed|debugfs: .*already present" \
		"|rcu_headless: .*(before its grace period|leaked)"
}

/BUG: KCSAN:/ {
	race = $0
	accesses = direct = within = 0
	next
}

# Each of the two accesses has its stack. Below an interrupt is what it broke into, below
# softirqs who let them run, and below the scheduler who gave up the CPU: none of them has
# to do with the access.
race != "" && /(read|write|access)[a-z]*( .*)? to 0x/ {
	accesses++
	innermost = first = 1
	interrupted = locking = 0
	counted = 0
	next
}

# A function: ours, or one that does no more than what its caller says.
race != "" && accesses && / [A-Za-z_][A-Za-z0-9_.]*\+0x/ {
	# How locks work, and how work is queued, is their own affair, whoever does it.
	if (first)
		locking = / ((osq|(__)?mutex|(__)?rt_mutex|rwsem|(native_)?queued_spin)_)/ ||
			/ ((__)?(mod|queue)_(delayed_)?work|work_grab_pending)/
	first = 0
	if (/ (asm_[a-z_]+|handle_softirqs|__schedule)\+/)
		interrupted = 1
	if (/\[rcu_headless/ && !interrupted) {
		direct += innermost
		within += !counted++ && !locking
	}
	if (!/ (rust_helper_|_RN[A-Za-z0-9_]*kernel|mem(cpy|set|move|cmp)|__tsan_)/)
		innermost = 0
}

race != "" && /Reported by Kernel Concurrency Sanitizer/ {
	if (direct || within > 1)
		wrong_line(race)
	race = ""
}

/rcu_headless-test: expect-end/ {
	if (!met)
		wrong_line("expected, but not seen: " expected)
	expected = ""
	next
}

# The name of the next script.
/rcu_headless-test: [^ ]*\.sh$/ {
	if (expected != "")
		wrong_line("expected to the end of a test: " expected)
	expected = ""
	next
}

/rcu_headless-test: (expect|allow) / {
	expected = $0
	met = sub(/.*rcu_headless-test: allow /, "", expected)
	sub(/.*rcu_headless-test: expect /, "", expected)
	next
}

function wrong_line(line) {
	print line
	wrong++
}

# Whether a report was expected is known when it is over: its text is anywhere in it.
function end_report(i) {
	for (i = 1; i <= lines; i++)
		if (!excused || report[i] !~ /WARNING:|Call [Tt]race:/)
			wrong_line(report[i])
	in_report = lines = excused = 0
}

/-\[ cut here \]-/ {
	end_report()
	in_report = 1
	next
}

/---\[ end trace / {
	end_report()
	next
}

expected != "" && $0 ~ expected {
	met = 1
	excused = in_report
	next
}

$0 ~ bad {
	if (in_report)
		report[++lines] = $0
	else if (expected == "" || !/Call [Tt]race:/)
		wrong_line($0)
}

END {
	end_report()
	if (expected != "" && !goes_on)
		wrong_line("expected to the end: " expected)
	if (race != "")
		wrong_line(race)
	exit wrong != 0
}
