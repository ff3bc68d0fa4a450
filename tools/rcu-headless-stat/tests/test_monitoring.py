# SPDX-License-Identifier: GPL-2.0
"""What monitoring/ names is what the tool has; with promtool and node_exporter, if they are there.

They are looked for in PATH, or in PROMETHEUS_BIN if that is set. scripts/build/prometheus.sh
gets them; make lint does.
"""

import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import threading
import unittest
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

from . import sample
from .stat_tool import TIMEOUT, TOP, run

MONITORING = os.path.join(TOP, "monitoring")
METRIC = re.compile(r"\b(rcu_headless_\w+|node_\w+)\b")
# What the textfile collector says of files, beside what is in them.
COLLECTORS = {"node_textfile_mtime_seconds", "node_textfile_scrape_error"}


def path(name):
    """A file of monitoring/."""
    return os.path.join(MONITORING, name)


def read(name):
    """What is in it."""
    with open(path(name), encoding="utf-8") as file:
        return file.read()


def expressions(board):
    """What a dashboard asks for, by its panels, and of its variables."""
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def rules():
    """The expressions of the alerts, and their names. The file is simpler than YAML may be."""
    for rule in read("alerts.yml").split("- alert: ")[1:]:
        yield (re.match(r"\w+", rule)[0],
               re.search(r"expr: (?:\|\n)?(.*?)\n +(?:for|labels):", rule, re.DOTALL)[1])


def program(name):
    """Where it is, if it is."""
    return shutil.which(name, path=os.environ.get("PROMETHEUS_BIN"))


class WithSample(unittest.TestCase):
    """What the tool prints of a sample of all files."""

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as directory:
            sample.write(directory)
            cls.text, cls.openmetrics = (run("-d", directory, "--format", form).stdout
                                         for form in ("prometheus", "openmetrics"))
        cls.families = {family.name: family
                        for family in text_string_to_metric_families(cls.text)}
        cls.samples = [sample for family in cls.families.values() for sample in family.samples]
        cls.names = {sample.name for sample in cls.samples}


class Names(WithSample):
    """Of metrics, labels and options."""

    def check(self, where, expression):
        """All metrics in it are there, and with such labels."""
        found = METRIC.findall(expression)
        self.assertTrue(found, where)
        self.assertLessEqual(set(found), self.names | COLLECTORS, where)
        for name, labels in re.findall(r"(rcu_headless_\w+)\{([^}]*)\}", expression):
            wanted = {label: value for label, value in re.findall(r'(\w+)="([^"]+)"', labels)
                      # Prometheus adds these.
                      if label not in ("instance", "job")}
            self.assertTrue(any(s.name == name and wanted.items() <= s.labels.items()
                                for s in self.samples), (where, name, wanted))

    def test_alerts(self):
        names = set()
        for name, expression in rules():
            self.check(name, expression)
            names.add(name)
        self.assertGreaterEqual(len(names), 5)
        # Each fires in one of the tests, and is explained.
        fires = re.findall(r"alertname: (\w+)\n +eval_time: \w+\n +exp_alerts:",
                           read("alerts.test.yml"))
        self.assertEqual(set(fires), names)
        self.assertEqual(set(re.findall(r"^\| `(\w+)` \|", read("README.md"), re.MULTILINE)) &
                         names, names)

    def test_alerts_tests(self):
        self.check("alerts.test.yml", read("alerts.test.yml").replace("rcu_headless.prom", ""))

    def test_dashboard(self):
        board = json.loads(read("grafana.json"))
        self.assertIsInstance(board["schemaVersion"], int)
        titles = set()
        for title, expression in expressions(board):
            self.check(title, expression)
            titles.add(title)
        self.assertEqual(len(titles), len(board["panels"]))
        self.assertEqual(len({panel["id"] for panel in board["panels"]}), len(board["panels"]))
        variables = {variable["name"]: variable for variable in board["templating"]["list"]}
        self.assertEqual(variables["datasource"]["type"], "datasource")
        self.check("instance", variables["instance"]["definition"])
        # No machine's own source of data is in it.
        self.assertEqual(set(re.findall(r'"uid": "([^"]*)"', read("grafana.json"))),
                         {"rcu-headless", "${datasource}"})
        used = set(re.findall(r"\$\{?(\w+)", read("grafana.json")))
        self.assertLessEqual(used - {"__rate_interval"}, set(variables))

    def test_service(self):
        """The tool takes what the service gives it, and may write where it does."""
        unit = configparser.RawConfigParser(strict=False)
        unit.optionxform = str
        unit.read(path("rcu-headless-stat.service"))
        _, *options = shlex.split(unit["Service"]["ExecStart"])
        output = options.index("--output") + 1
        self.assertEqual(os.path.dirname(options[output]), unit["Service"]["ReadWritePaths"])
        self.assertTrue(options[output].endswith("rcu_headless.prom"))
        with tempfile.TemporaryDirectory() as directory:
            sample.write(directory)
            options[output] = os.path.join(directory, "rcu_headless.prom")
            self.assertEqual(run("-d", directory, *options).returncode, 0)
            with open(options[output], encoding="utf-8") as file:
                self.assertEqual(file.read(), self.text)


class Promtool(WithSample):
    """What promtool finds."""

    def setUp(self):
        if not program("promtool"):
            self.skipTest("no promtool: Debian 12 has it in prometheus, Debian 13 in promtool")

    def promtool(self, *args, **kwargs):
        """It has nothing to say against it."""
        done = subprocess.run([program("promtool"), *args], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT, check=False,
                              **kwargs)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def test_metrics(self):
        self.assertEqual(self.promtool("check", "metrics", input=self.text), "")

    def test_rules(self):
        said = self.promtool("check", "rules", "--lint-fatal", path("alerts.yml"))
        self.assertIn(f"SUCCESS: {len(list(rules()))} rules found", said)

    def test_rules_fire(self):
        self.promtool("test", "rules", path("alerts.test.yml"))

    def test_dashboard(self):
        """Its questions are PromQL, once Grafana has put in its variables."""
        board = json.loads(read("grafana.json"))
        with tempfile.NamedTemporaryFile("w", suffix=".yml", encoding="utf-8") as file:
            questions = {f"panel:q{n}": expression.replace("$__rate_interval", "4m")
                         for n, (_, expression) in enumerate(expressions(board))}
            # JSON is YAML, too.
            json.dump({"groups": [{"name": "board", "rules": [
                {"record": name, "expr": expression} for name, expression in questions.items()
            ]}]}, file)
            file.flush()
            said = self.promtool("check", "rules", file.name)
        self.assertIn(f"SUCCESS: {len(questions)} rules found", said)


class NodeExporter(WithSample):
    """What node_exporter serves of the file."""

    def setUp(self):
        if not program("prometheus-node-exporter"):
            self.skipTest("no prometheus-node-exporter: it is in Debian's package of that name")

    def serve(self, text):
        """Runs it with a file of that text, and returns what it serves, and what it says."""
        with tempfile.TemporaryDirectory() as directory:
            with open(os.path.join(directory, "rcu_headless.prom"), "w", encoding="utf-8") as file:
                file.write(text)
            with subprocess.Popen(
                    [program("prometheus-node-exporter"), "--collector.disable-defaults",
                     "--collector.textfile", f"--collector.textfile.directory={directory}",
                     "--web.disable-exporter-metrics", "--web.listen-address=127.0.0.1:0"],
                    stderr=subprocess.PIPE, text=True) as exporter:
                late = threading.Timer(TIMEOUT, exporter.kill)
                late.start()
                try:
                    said, listens = "", None
                    # It ends if it can't listen, and so does what it says.
                    for line in exporter.stderr:
                        said += line
                        listens = re.search(r"address=(127\.0\.0\.1:\d+)", line)
                        if listens:
                            break
                    self.assertTrue(listens, said)
                    # No proxy is asked for what is here.
                    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
                    with opener.open(f"http://{listens[1]}/metrics", timeout=TIMEOUT) as answer:
                        served = answer.read().decode()
                finally:
                    late.cancel()
                    exporter.terminate()
                    said += exporter.stderr.read()
        return served, said

    def test_serves_all(self):
        """Each sample with its value and type, and nothing is found fault with."""
        served, said = self.serve(self.text)
        self.assertNotIn("level=error", said.lower())
        families = {family.name: family for family in text_string_to_metric_families(served)}
        self.assertEqual([s.value for s in families["node_textfile_scrape_error"].samples], [0])
        self.assertLessEqual(COLLECTORS, set(families))
        file, = families["node_textfile_mtime_seconds"].samples
        self.assertTrue(file.labels["file"].endswith("/rcu_headless.prom"))

        def key(found):
            return found.name, tuple(sorted(
                (name, float(value) if name == "le" else value)
                for name, value in found.labels.items()))
        for name, family in self.families.items():
            self.assertEqual(families[name].type, family.type, name)
            self.assertEqual(families[name].documentation, family.documentation, name)
            self.assertEqual({key(s): s.value for s in families[name].samples},
                             {key(s): s.value for s in family.samples}, name)

    def test_broken_file(self):
        """It isn't named any more, so that RcuHeadlessStale has to look back."""
        served, _ = self.serve(self.text + "no metric\n")
        self.assertIn("node_textfile_scrape_error 1", served.splitlines())
        self.assertNotIn("rcu_headless", served)

    def test_openmetrics_loses_types(self):
        """Why there are two formats: when this fails, one is enough."""
        served, _ = self.serve(self.openmetrics)
        self.assertIn("# TYPE rcu_headless_queued_objects_total untyped", served.splitlines())
