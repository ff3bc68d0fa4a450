# SPDX-License-Identifier: GPL-2.0
"""A machine with Debian's headers, as far as the scripts look: all its tools are stand-ins."""

import io
import os
import signal
import subprocess
import tarfile
import tempfile
from pathlib import Path

METADATA = Path(__file__).parents[1] / "metadata.sh"
MAKE = Path(__file__).with_name("make.sh")
RUSTC = "rustc 1.85.1 (4eb161250 2025-03-15) (built from a source tarball)"
BINDGEN = "bindgen 0.71.1"
VERSION = "7.3.4-1~bpo13+1"
GENERATED = ("asm-offsets.h", "bounds.h", "compile.h", "rustc_cfg")
# What headers of all kinds of a kernel have in common.
COMMON = ("include/linux/sched.h", "arch/x86/include/asm/percpu.h")
CRATES = ("libcore.rmeta", "libkernel.rmeta", "libmacros.so")


class Machine:
    """Lives in a folder of its own. `env` has what is different from one where all is well."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory()
        self.path = Path(self._folder.name)
        self.cache = self.path / "cache"
        self.env = {}
        self.rustc, self.bindgen = RUSTC, BINDGEN
        # What dpkg has installed of linux-source, and what apt offers.
        self.offered = [VERSION]
        self.headers = self.add_headers("headers", "7.3.4+deb13-amd64")
        for name in COMMON:
            self.write(self.path / "common" / name, name)
        self._source()
        sysroot = self.path / "sysroot"
        self.library = sysroot / "lib/rustlib/src/rust/library/core/src/lib.rs"
        self.write(self.library, "")

    def close(self):
        self._folder.cleanup()

    def write(self, path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def add_headers(self, folder, release, settings=()):
        headers = self.path / folder
        config = ["CONFIG_RUST=y", f'CONFIG_RUSTC_VERSION_TEXT="{RUSTC}"',
                  f'CONFIG_BINDGEN_VERSION_TEXT="{BINDGEN}"', "CONFIG_SMP=y", *settings]
        files = {
            ".config": "\n".join(config) + "\n",
            ".kernelvariables": "override ARCH = x86\n",
            "Module.symvers": "0x00000000\t_RNvCs1_4core\tvmlinux\tEXPORT_SYMBOL_GPL\t\n",
            "Makefile": f"KBUILD_OUTPUT={headers}\ninclude {self.path}/common/Makefile\n",
            "include/config/auto.conf": "\n".join(config) + "\n",
            "include/config/kernel.release": release + "\n",
            "include/generated/package.h": f'#define LINUX_PACKAGE_ID " Debian {VERSION}"\n',
            "arch/x86/include/generated/asm/a.h": "",
            "scripts/basic/fixdep": "",
        }
        for name in GENERATED:
            files[f"include/generated/{name}"] = name
        for name, text in files.items():
            self.write(headers / name, text)
        return headers

    def _source(self):
        """A package of the source, which is a tarball in a tarball."""
        inner, outer = io.BytesIO(), io.BytesIO()
        with tarfile.open(fileobj=inner, mode="w:xz") as tar:
            self._add(tar, "linux-source-7.3/Makefile", b"")
            for name in COMMON:
                self._add(tar, f"linux-source-7.3/{name}", name.encode())
            self._add(tar, "linux-source-7.3/net/a.c", b"")
            self._add(tar, "linux-source-7.3/rust/helpers/net/a.c", b"")
        with tarfile.open(fileobj=outer, mode="w") as tar:
            self._add(tar, "./usr/src/linux-source-7.3.tar.xz", inner.getvalue())
        (self.path / "package").write_bytes(outer.getvalue())

    @staticmethod
    def _add(tar, name, data):
        info = tarfile.TarInfo(name)
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))

    def _tool(self, name, text):
        path = self.path / "bin" / name
        self.write(path, text if text.startswith("#!") else "#!/bin/sh\n" + text)
        path.chmod(0o755)

    def _tools(self):
        self._tool("rustc", f"""case $1 in
            --version) echo '{self.rustc}' ;;
            --print) echo '{self.path}/sysroot' ;;
            esac\n""")
        self._tool("bindgen", f"echo '{self.bindgen}'\n")
        self._tool("make", f'exec bash {MAKE} "$@"\n')
        self._tool("dpkg-query", "exit 1\n")
        offered = "".join(f"echo 'linux-source-7.3 | {o} | trixie'\n" for o in self.offered)
        self._tool("apt-cache", offered)
        self._tool("apt-get", "touch a.deb\n")
        self._tool("dpkg-deb", "cat $MACHINE/package\n")
        free = self.env.get("FREE")
        if free:
            self._tool("df", f"echo Avail; echo '  {free}'\n")

    def start(self, headers=None, **env):
        self._tools()
        environment = {
            **{name: value for name, value in os.environ.items() if name != "DEPS"},
            "PATH": f"{self.path}/bin:{os.environ['PATH']}", "MACHINE": str(self.path),
            "XDG_CACHE_HOME": str(self.cache), "RUSTC": f"{self.path}/bin/rustc",
            "BINDGEN": f"{self.path}/bin/bindgen", **self.env, **env,
        }
        return subprocess.Popen(
            [METADATA, headers or self.headers], env=environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True,
            # As from a terminal.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))

    def run(self, headers=None, **env):
        """What it prints, and what it says; its status in `status`."""
        process = self.start(headers, **env)
        printed, said = process.communicate(timeout=60)
        self.status = process.returncode
        return printed.strip(), said

    def kept(self):
        """What is in the cache."""
        folder = self.cache / "rcu-headless/headers"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    def made(self):
        """How often the kernel's make was run."""
        path = self.path / "made"
        return len(path.read_text().splitlines()) if path.exists() else 0
