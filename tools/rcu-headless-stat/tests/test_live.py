# SPDX-License-Identifier: GPL-2.0
"""The live view of files that are known, without a kernel: colours, signs, its end."""

import os
import re
import signal
import subprocess
import tempfile
import types
import unittest

from rcu_headless_stat import screen

from . import sample
from .terminal import Terminal

# What pyte calls yellow.
YELLOW = "brown"


class Live(unittest.TestCase):
    """A directory with a sample of all files."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.directory = scratch.name
        sample.write(self.directory)

    def grow(self, **grown):
        """Has counters grow. The file is never seen half written."""
        path = os.path.join(self.directory, "stats")
        with open(path, encoding="utf-8") as file:
            lines = [line.split() for line in file]
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.writelines(f"{name} {int(value) + grown.get(name, 0)}\n" for name, value in lines)
        os.rename(path + ".new", path)

    def terminal(self, *options, **environment):
        """The live view of that."""
        environment = {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **environment}
        return Terminal("-d", self.directory, "-i", "0.1", *options, **environment)

    def quit(self, terminal):
        """Ends it."""
        terminal.press("q")
        self.assertEqual(terminal.wait_for_end(), 0)

    def colours(self, terminal):
        """All that are on the screen."""
        return {character.fg for row in terminal.screen.buffer.values()
                for character in row.values()}

    def test_trouble_has_colour(self):
        with self.terminal() as terminal:
            terminal.wait_for(lambda text: "q quit" in text)
            for text, colour in (("misuse 4", "red"), ("  atomic 4", "red"),
                                 ("held_back 0", "default"), ("leaked 0", "default"),
                                 ("fallbacks 2", "default"), ("odd\"name", "red"),
                                 ("config_replace", "default"), ("try_refused 1", "default")):
                self.assertEqual(terminal.colour_of(text), colour, text)
            # What grows is trouble for as long as it does. It grows again whenever we look, as
            # several screens may come at once.
            terminal.wait_for(lambda _: self.grow(held_back=500) or
                              terminal.colour_of("held_back") == YELLOW)
            terminal.wait_for(lambda _: terminal.colour_of("held_back") == "default")
            self.quit(terminal)

    def test_no_color(self):
        for environment in ({"NO_COLOR": "1"}, {"TERM": "vt100"}):
            with self.terminal(**environment) as terminal:
                terminal.wait_for(lambda text: "misuse 4" in text and "q quit" in text)
                self.assertEqual(self.colours(terminal), {"default"})
                row = next(n for n, line in enumerate(terminal.screen.display)
                           if line.startswith("misuse 4"))
                self.assertTrue(terminal.screen.buffer[row][0].bold)
                self.quit(terminal)

    def test_background_is_the_users(self):
        with self.terminal() as terminal:
            terminal.wait_for(lambda text: "misuse 4" in text and "q quit" in text)
            self.assertEqual({character.bg for row in terminal.screen.buffer.values()
                              for character in row.values()}, {"default"})
            self.quit(terminal)

    def check_history(self, terminal, sign):
        """Something is queued and freed, and it is seen."""
        terminal.wait_for(lambda text: re.search(r"^queued +0/s +\S+ +most 0/s in", text,
                                                 re.MULTILINE))
        self.grow(queued_slab=7000, freed_slab=8000, pending=-1000)
        for name, text in (("queued", "[1-9][0-9]*/s"), ("freed", "[1-9][0-9]*/s"),
                           ("pending", "1000")):
            terminal.wait_for(re.compile(f"^{name} .*{sign}.* most {text} in", re.MULTILINE).search)
        terminal.wait_for(re.compile("^pending +0 ", re.MULTILINE).search)

    def test_history(self):
        with self.terminal() as terminal:
            self.check_history(terminal, "█")
            self.quit(terminal)

    def test_history_in_ascii(self):
        """A locale without UTF-8."""
        with self.terminal(LC_ALL="C") as terminal:
            self.check_history(terminal, "#")
            self.assertTrue(terminal.text().isascii())
            self.quit(terminal)

    def test_narrow(self):
        with self.terminal() as terminal:
            terminal.wait_for(lambda text: "q quit" in text and "most 1000 in" in text)
            for rows, columns in ((5, 20), (3, 4), (2, 2), (40, 61)):
                terminal.resize(rows, columns)
            terminal.wait_for(lambda text: "q quit" in text.splitlines()[39])
            terminal.wait_for(lambda text: "most 1000 in" in text)
            self.quit(terminal)

    def test_unknown_terminal(self):
        with self.terminal(TERM="none-such") as terminal:
            self.assertEqual(terminal.wait_for_end(), 1)
            self.assertIn("this terminal isn't known: TERM=none-such", terminal.text())
            self.assertNotIn("Traceback", terminal.text())

    def test_without_default_colours(self):
        """A terminal that has colours and can't go back to its own: trouble is bold."""
        entry = os.path.join(self.directory, "entry")
        with open(entry, "w", encoding="utf-8") as file:
            file.write("rcu-odd|has no way back, op@, oc@, use=linux,\n")
        subprocess.run(["tic", "-x", "-o", self.directory, entry], check=True)
        with self.terminal(TERM="rcu-odd", TERMINFO=self.directory) as terminal:
            terminal.wait_for(lambda text: "misuse 4" in text and "q quit" in text)
            self.assertFalse(self.colours(terminal) & {"red", YELLOW})
            self.quit(terminal)

    def test_told_to_end(self):
        """The terminal is left as it was."""
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            with self.terminal() as terminal:
                terminal.wait_for(lambda text: "q quit" in text)
                terminal.end(number)
                self.assertEqual(terminal.wait_for_end(), 128 + number)
                # It has left the alternate screen, and what it has done to it.
                self.assertIn(b"\x1b[?1049h", terminal.output)
                self.assertIn(b"\x1b[?1049l", terminal.output)

    def test_keys_keep_the_rates(self):
        """Scrolling and a new size show the same again: nothing is read for them."""
        with self.terminal("-i", "3600") as terminal:
            terminal.wait_for(lambda text: "q quit" in text and "queued" in text)
            self.grow(queued_slab=500)
            terminal.press("jk")
            terminal.resize(10, 60)
            terminal.wait_for(lambda text: "q quit" in text.splitlines()[9] and
                              "every 3600 s" in text and "30000" in text)
            # A command's effect is seen at once.
            terminal.press("r")
            terminal.wait_for(lambda text: "done: reset" in text and "30500" in text)
            self.quit(terminal)


class Drain(unittest.TestCase):
    """It returns when a grace period has ended, which may take long."""

    def test_drain(self):
        read, write = os.pipe()
        self.addCleanup(os.close, read)
        os.set_blocking(write, False)
        with self.assertRaises(BlockingIOError):
            while True:
                os.write(write, bytes(4096))
        os.set_blocking(write, True)
        source = types.SimpleNamespace(control=lambda: open(write, "wb", buffering=0))
        view = screen.Screen(source, 1)
        view.press(ord("d"), None)
        self.assertEqual(view.status(), "draining")
        view.press(ord("d"), None)
        self.assertEqual(view.status(), "draining")
        end = b""
        while not end.endswith(b"drain"):
            end = os.read(read, 65536)
        os.waitid(os.P_PID, view.child, os.WEXITED | os.WNOWAIT)
        self.assertEqual(view.status(), "done: drain")
        self.assertEqual(view.status(), screen.KEYS)
