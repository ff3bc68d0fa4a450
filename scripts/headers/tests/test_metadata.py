# SPDX-License-Identifier: GPL-2.0
"""What metadata.sh makes of Debian's headers, and when it refuses to."""

import os
import shutil
import signal
import time
import unittest
from pathlib import Path

from .machine import BINDGEN, COMMON, CRATES, RUSTC, VERSION, Machine


class Case(unittest.TestCase):
    def setUp(self):
        self.machine = Machine()
        self.addCleanup(self.machine.close)


class Made(Case):
    def make(self, headers=None, **env):
        printed, said = self.machine.run(headers, **env)
        self.assertEqual(self.machine.status, 0, said)
        return Path(printed)

    def test_has_what_headers_lack_and_links_to_the_rest(self):
        kdir = self.make()
        for crate in CRATES:
            self.assertTrue((kdir / "rust" / crate).is_file(), crate)
        self.assertTrue((kdir / "rust/kernel/generated_arch_static_branch_asm.rs").is_file())
        for name in ("include", "Module.symvers", ".config", "scripts/basic"):
            self.assertEqual((kdir / name).resolve(), self.machine.headers / name)
        self.assertEqual((kdir / "Makefile").read_text(),
                         f"KBUILD_OUTPUT = {kdir}\ninclude {self.machine.path}/common/Makefile\n")

    def test_leaves_nothing_else(self):
        kdir = self.make()
        self.assertEqual(self.machine.kept(), [kdir.name])

    def test_is_found_again(self):
        first, made = self.make(), self.machine.made()
        self.assertEqual(self.make(), first)
        self.assertEqual(self.machine.made(), made)

    def test_is_made_anew_for_other_headers_of_the_name(self):
        first = self.make()
        with open(self.machine.headers / "Module.symvers", "a") as file:
            file.write("0x00000000\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n")
        second = self.make()
        self.assertNotEqual(first, second)
        # A run may still use it.
        self.assertEqual(self.machine.kept(), sorted([first.name, second.name]))

    def test_of_a_kernel_two_are_kept(self):
        names = []
        for nr in range(4):
            kdir = self.make()
            names.append(kdir.name)
            # Nobody uses it.
            os.utime(kdir, (1000 + nr, 1000 + nr))
            with open(self.machine.headers / "Module.symvers", "a") as file:
                file.write("0x00000000\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n")
        self.assertEqual(self.machine.kept(), sorted(names[2:]))

    def test_is_not_taken_for_headers_elsewhere(self):
        first = self.make()
        second = self.make(shutil.copytree(self.machine.headers, self.machine.path / "copy"))
        self.assertNotEqual(first, second)

    def test_what_a_killed_run_has_left_goes(self):
        self.machine.env["HANGS"] = "1"
        process = self.machine.start()
        wait_for(self.machine.path / "hangs")
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=20)
        self.assertNotEqual(self.machine.kept(), [])
        del self.machine.env["HANGS"]
        kdir = self.make()
        self.assertEqual(self.machine.kept(), [kdir.name])

    def test_what_is_the_same_for_two_kernels_is_there_once(self):
        other = self.machine.add_headers("rt", "7.3.4+deb13-rt-amd64", ["CONFIG_PREEMPT_RT=y"])
        first = self.make()
        # Its make takes the generated files from there.
        second = self.make(other)
        shared = [crate for crate in CRATES
                  if (first / "rust" / crate).samefile(second / "rust" / crate)]
        self.assertEqual(shared, ["libcore.rmeta", "libmacros.so"])

    def test_goes_with_its_headers(self):
        other = self.machine.add_headers("rt", "7.3.4+deb13-rt-amd64", ["CONFIG_PREEMPT_RT=y"])
        self.make(other)
        os.rename(other, f"{other}.gone")
        kdir = self.make()
        self.assertEqual(self.machine.kept(), [kdir.name])

    def test_unpacks_only_what_it_takes(self):
        self.machine.env["HANGS"] = "1"
        process = self.machine.start()
        wait_for(self.machine.path / "hangs")
        source = self.machine.cache / "rcu-headless/headers/tmp/linux-source-7.3"
        files = (path for path in source.rglob("*") if path.is_file())
        names = sorted(str(path.relative_to(source)) for path in files)
        self.assertEqual(names, sorted(["Makefile", *COMMON, "rust/helpers/net/a.c"]))
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=20)


class Refused(Case):
    def refused(self, *words, headers=None, status=77, **env):
        """It says all of that, and leaves nothing."""
        printed, said = self.machine.run(headers, **env)
        self.assertEqual(self.machine.status, status, said)
        self.assertEqual(printed, "")
        for word in words:
            self.assertIn(word, said)
        self.assertEqual(self.machine.kept(), [])

    def setting(self, old, new):
        for name in (".config", "include/config/auto.conf"):
            path = self.machine.headers / name
            path.write_text(path.read_text().replace(old, new))

    def test_no_headers(self):
        self.refused("no such directory", headers="/nonexistent", status=1)

    def test_headers_that_are_not_prepared(self):
        (self.machine.headers / "include/config/auto.conf").unlink()
        self.refused("no include/config/auto.conf", "apt-get install linux-headers-")

    def test_a_kernel_without_rust(self):
        self.setting("CONFIG_RUST=y", "# CONFIG_RUST is not set")
        self.refused("7.3.4+deb13-amd64 was configured without CONFIG_RUST")

    def test_another_rustc(self):
        self.machine.rustc = "rustc 1.97.1 (0 2026-07-01)"
        self.refused(f"built with another rustc: {RUSTC}", "1.97.1", "rust-src 1.85.1")

    def test_no_source_of_rusts_library(self):
        self.machine.library.unlink()
        self.refused("lacks the source of its library", "apt-get install rust-src")

    def test_another_bindgen(self):
        self.machine.bindgen = "bindgen 0.72.1"
        self.refused(f"built with another bindgen: {BINDGEN}", "Here: bindgen 0.72.1")

    def test_headers_that_are_not_debians(self):
        (self.machine.headers / "include/generated/package.h").unlink()
        self.machine.bindgen = "bindgen 0.72.1"
        self.refused("its headers aren't Debian's", "make prepare modules_prepare")

    def test_source_of_another_version(self):
        self.machine.offered = ["7.3.5-1~bpo13+1"]
        self.refused(f"no linux-source-7.3 {VERSION} (any more)", "only: 7.3.5-1~bpo13+1")

    def test_apt_does_not_know_the_source(self):
        self.machine.offered = []
        self.refused("apt knows no linux-source-7.3", "apt-get update")

    def test_nothing_may_be_downloaded(self):
        self.refused("isn't here", f"apt-get install linux-source-7.3={VERSION}", DEPS="skip")

    def test_a_configuration_that_changes(self):
        self.refused("the configuration of 7.3.4+deb13-amd64 changes", "< CONFIG_SMP=y",
                     OTHER_CONFIG="CONFIG_SMP")

    def test_an_offset_that_differs(self):
        self.refused("include/generated/asm-offsets.h differs",
                     OTHER_FILE="include/generated/asm-offsets.h")

    def test_an_architecture_s_header_that_differs(self):
        self.refused("arch/x86/include/generated/asm/a.h differs",
                     OTHER_FILE="arch/x86/include/generated/asm/a.h")

    def test_headers_of_other_source(self):
        for name in COMMON:
            path = self.machine.path / "common" / name
            text = path.read_text()
            path.write_text(text + "int added;\n")
            self.refused(f"the source isn't that of 7.3.4+deb13-amd64: {name} differs",
                         "its headers and linux-source in one version")
            path.write_text(text)

    def test_headers_that_lack_those_of_all_kinds(self):
        shutil.rmtree(self.machine.path / "common")
        self.refused("without those of all its kinds", "apt-get install --reinstall")

    def test_a_symbol_that_differs(self):
        self.refused("it lacks _RNvCs1_4core", SYMBOL="_RNvCs2_4core")

    def test_a_disk_that_is_full(self):
        self.machine.env["FREE"] = "599"
        self.refused("takes 600 MB", "there are 599", "set XDG_CACHE_HOME")

    def test_no_compiler_for_programs_of_32_bits(self):
        self.setting("CONFIG_SMP=y", "CONFIG_SMP=y\nCONFIG_COMPAT_VDSO=y")
        variables = self.machine.headers / ".kernelvariables"
        variables.write_text("override CROSS_COMPILE_COMPAT = no-such-gnueabihf-\n")
        self.refused("it takes a compiler for programs of 32 bits: no-such-gnueabihf-gcc",
                     "apt-get install gcc-no-such-gnueabihf")

    def test_a_disk_that_becomes_full(self):
        self.refused("No space left on device", "The whole log is", FAILS="1", status=1)

    def test_a_package_that_is_cut_off(self):
        package = self.machine.path / "package"
        package.write_bytes(package.read_bytes()[:700])
        self.refused("Unpacking what it takes of linux-source-7.3: failed", status=1)

    def test_flags_of_the_user_are_not_for_the_kernel(self):
        printed, said = self.machine.run(KCFLAGS="-DX", KRUSTFLAGS="-Cx")
        self.assertEqual(self.machine.status, 0, said)
        self.assertNotIn("FLAGS", (self.machine.path / "environment").read_text())

    def test_an_interrupt(self):
        process = self.machine.start(HANGS="1")
        wait_for(self.machine.path / "hangs")
        os.killpg(process.pid, signal.SIGINT)
        printed, said = process.communicate(timeout=20)
        self.assertEqual((process.returncode, printed), (130, ""), said)
        self.assertEqual(self.machine.kept(), [])


def wait_for(path):
    for _ in range(600):
        if path.exists():
            return
        time.sleep(0.1)
    raise AssertionError(f"{path} never came")
