# SPDX-License-Identifier: GPL-2.0
"""What it prints for Prometheus, as the official client's parser understands it."""

import os
import tempfile
import unittest

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from .stat_tool import needs_kernel, run, stats

setUpModule = needs_kernel


class OpenMetrics(unittest.TestCase):
    """Objects were queued and freed; nothing happens meanwhile."""

    def setUp(self):
        result = run("--openmetrics")
        self.assertEqual(result.stderr, "")
        self.assertEqual(result.returncode, 0)
        self.text = result.stdout
        # It is strict: a document that breaks a rule is an exception.
        self.families = {f.name: f for f in text_string_to_metric_families(self.text)}

    def value(self, name, **labels):
        """The one sample with that name and these labels."""
        found = [s.value for f in self.families.values() for s in f.samples
                 if s.name == f"rcu_headless_{name}" and labels.items() <= s.labels.items()]
        self.assertEqual(len(found), 1, (name, labels))
        return found[0]

    def test_parses(self):
        self.assertGreater(len(self.families), 20)
        for name, family in self.families.items():
            self.assertTrue(name.startswith("rcu_headless_"))
            self.assertTrue(family.documentation, name)
            self.assertIn(family.type, ("counter", "gauge", "histogram"))
        self.assertTrue(self.text.endswith("\n# EOF\n"))

    def test_agrees_with_stats(self):
        now = stats()
        for channel in ("slab", "vmalloc"):
            for what in ("queued", "freed"):
                self.assertEqual(self.value(f"{what}_objects_total", channel=channel),
                                 now[f"{what}_{channel}"])
        self.assertEqual(self.value("pending_objects"), now["pending"])
        self.assertEqual(self.value("fallbacks_total"), now["fallbacks"])
        self.assertEqual(self.value("misuse_total", kind="double_free"),
                         now["misuse_double_free"])

    def test_histograms_add_up(self):
        now = stats()
        for name in ("page_wait_seconds", "fallback_wait_seconds", "bulk_free_objects"):
            buckets = [(float(s.labels["le"]), s.value)
                       for s in self.families[f"rcu_headless_{name}"].samples
                       if s.name.endswith("_bucket")]
            self.assertEqual(buckets, sorted(buckets))
            self.assertEqual(buckets[-1], (float("inf"), self.value(f"{name}_count")))
        self.assertEqual(self.value("page_wait_seconds_count"), now["batches"])
        self.assertEqual(self.value("bulk_free_objects_sum"),
                         now["freed_slab"] + now["freed_vmalloc"] - now["fallbacks"])

    def test_callers(self):
        samples = self.families["rcu_headless_caller_objects"].samples
        mine = [s.value for s in samples if s.labels["caller"].startswith("config_replace+0x")]
        self.assertEqual(mine, [2000])

    def test_output_is_whole(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "rcu_headless.prom")
            self.assertEqual(run("--openmetrics", "-o", path).returncode, 0)
            with open(path, encoding="utf-8") as file:
                families = list(text_string_to_metric_families(file.read()))
            self.assertEqual(len(families), len(self.families))
            self.assertEqual(os.listdir(directory), ["rcu_headless.prom"])
            missing = run("--openmetrics", "-o", os.path.join(directory, "none", "x"))
            self.assertEqual(missing.returncode, 1)
            self.assertIn("No such file or directory", missing.stderr)
