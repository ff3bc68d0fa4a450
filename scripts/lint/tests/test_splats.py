# SPDX-License-Identifier: GPL-2.0
"""What scripts/vm/splats.awk takes for wrong in a kernel's log."""

import subprocess
import unittest
from pathlib import Path

SPLATS = Path(__file__).parents[3] / "scripts/vm/splats.awk"

WARNING = [
    "------------[ cut here ]------------",
    "WARNING: kernel/foo.c:1 at foo+0x1/0x2",
    "the text of it",
    "Call Trace:",
    "---[ end trace 0000000000000000 ]---",
]


RACE = "BUG: KCSAN: data-race in a / b"


def race(*functions):
    """One that both accesses come to by these, the innermost first."""
    stack = [f" {name}+0x1/0x2{' [rcu_headless]' * name.startswith('our_')}" for name in functions]
    return [
        RACE,
        "read-write (marked) to 0xffff888000000000 of 8 bytes by interrupt on cpu 1:",
        *stack,
        "read to 0xffff888000000000 of 8 bytes by task 1 on cpu 0:",
        *stack,
        "Reported by Kernel Concurrency Sanitizer on:",
    ]


def said(what):
    return f"rcu_headless-test: {what}"


def wrong(*lines, goes_on=False):
    """The lines that it prints, and whether its status agrees."""
    log = "".join(f"[    1.000000] {line}\n" for line in lines)
    command = ["awk", "-v", f"goes_on={int(goes_on)}", "-f", SPLATS]
    run = subprocess.run(command, input=log, text=True, capture_output=True, check=False)
    found = [line.split("] ", 1)[-1] for line in run.stdout.splitlines()]
    assert (run.returncode == 0) == (not found), run
    return found


class Splats(unittest.TestCase):
    def test_nothing(self):
        self.assertEqual(wrong("Freeing unused memory", said("10-kunit.sh")), [])

    def test_warning(self):
        self.assertEqual(wrong(*WARNING), [WARNING[1], WARNING[3]])

    def test_expected(self):
        self.assertEqual(wrong(said("expect the text"), *WARNING, said("expect-end")), [])

    def test_arm64(self):
        warning = [line.replace("Call Trace", "Call trace") for line in WARNING]
        self.assertEqual(wrong(*warning), [warning[1], warning[3]])
        self.assertEqual(wrong(said("expect the text"), *warning, said("expect-end")), [])
        oops = "Internal error: synchronous external abort: 0000000096000010 [#1] SMP"
        self.assertEqual(wrong(oops), [oops])

    def test_allowed_and_absent(self):
        self.assertEqual(wrong(said("allow the text"), said("expect-end")), [])

    def test_expected_and_absent(self):
        self.assertEqual(
            wrong(said("expect another"), said("expect-end")), ["expected, but not seen: another"]
        )

    def test_another_in_an_expected_one(self):
        inside = [*WARNING[:3], "BUG: KASAN: use-after-free", *WARNING[3:]]
        found = wrong(said("expect the text"), *inside, said("expect-end"))
        self.assertEqual(found, ["BUG: KASAN: use-after-free"])

    def test_expectation_ends_with_its_script(self):
        found = wrong(said("expect the text"), *WARNING, said("22-readers.sh"), *WARNING)
        self.assertEqual(
            found, ["expected to the end of a test: the text", WARNING[1], WARNING[3]]
        )

    def test_expectation_without_end(self):
        found = wrong(said("expect the text"), *WARNING)
        self.assertEqual(found, ["expected to the end: the text"])

    def test_expectation_in_a_log_that_goes_on(self):
        found = wrong(said("expect the text"), *WARNING, "BUG: KASAN", goes_on=True)
        self.assertEqual(found, ["BUG: KASAN"])

    def test_out_of_memory(self):
        killed = "Out of memory: Killed process 1 (sh)"
        self.assertEqual(wrong(killed), [killed])

    def test_race(self):
        self.assertEqual(wrong(*race("our_store")), [RACE])
        self.assertEqual(wrong(*race("list_del", "our_caller")), [RACE])
        self.assertEqual(wrong(*race("list_del", "their_caller")), [])

    def test_race_in_what_breaks_in(self):
        for name in ("asm_sysvec_apic_timer_interrupt", "handle_softirqs", "__schedule"):
            self.assertEqual(wrong(*race("sched_balance_rq", name, "our_caller")), [])
            self.assertEqual(wrong(*race("list_del", "our_callback", name, "their_caller")), [RACE])

    def test_race_within_what_excludes_others_itself(self):
        for name in ("mutex_unlock", "work_grab_pending", "mod_delayed_work_on", "queue_work_on"):
            self.assertEqual(wrong(*race(name, "our_caller")), [])


if __name__ == "__main__":
    unittest.main()
