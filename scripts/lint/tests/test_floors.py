# SPDX-License-Identifier: GPL-2.0
"""What floors.py finds in small trees."""

import os
import subprocess
import sys
import tempfile
import unittest

import floors

FLOORS = """\
# the highest first
rcu_headless.rs
api/ debugfs/
engine/
platform/
"""


class Case(unittest.TestCase):
    """A tree that is right, to which each test adds."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.top = os.path.join(temporary.name, "rust")
        self.write("FLOORS", FLOORS)
        self.write("rcu_headless.rs", "mod api;\nmod debugfs;\nmod engine;\nmod platform;\n")
        self.write("api.rs", "use crate::engine::Engine;\n")
        self.write("debugfs.rs", "use crate::engine;\nfn f() { engine::queue::g() }\n")
        self.write("engine.rs", "mod drain;\nmod queue;\npub(crate) struct Engine;\n")
        self.write("engine/drain.rs", "use super::Engine;\n")
        self.write("engine/queue.rs", "use crate::platform::rcu::Cookie;\n")
        self.write("platform.rs", "pub(crate) mod rcu;\n")
        self.write("platform/rcu.rs", "pub(crate) struct Cookie;\n")

    def write(self, name, text):
        """A file of the tree."""
        path = os.path.join(self.top, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def check(self):
        """(imports, errors) of the tree."""
        tree, errors = floors.check(self.top, os.path.join(self.top, "FLOORS"))
        arrows = {(a, b): sorted(names) for (a, b), names in tree.arrows.items()}
        return arrows, [error.replace(self.top, "rust") for error in errors]

    def imports(self, name, text):
        """What a file with such a text imports: {file: names}."""
        self.write(name, text)
        return {b: names for (a, b), names in self.check()[0].items() if a == name}

    def assert_error(self, *parts):
        """There is one error, and it has these parts."""
        errors = self.check()[1]
        self.assertEqual(len(errors), 1, errors)
        for part in parts:
            self.assertIn(part, errors[0])


class Right(Case):
    """No error where there is none."""

    def test_tree(self):
        arrows, errors = self.check()
        self.assertEqual(errors, [])
        self.assertEqual(arrows, {
            ("api.rs", "engine.rs"): ["Engine"],
            ("debugfs.rs", "engine/queue.rs"): ["g"],
            ("engine/drain.rs", "engine.rs"): ["Engine"],
            ("engine/queue.rs", "platform/rcu.rs"): ["Cookie"],
        })

    def test_parent_is_no_circle(self):
        self.write("engine.rs", "mod drain;\nmod queue;\npub(crate) struct Engine;\n"
                                "use drain::Drain;\n")
        arrows, errors = self.check()
        self.assertIn(("engine.rs", "engine/drain.rs"), arrows)
        self.assertIn(("engine/drain.rs", "engine.rs"), arrows)
        self.assertEqual(errors, [])

    def test_file_in_its_own_folder(self):
        self.write("rcu_headless.rs", "mod api;\nmod debugfs;\n"
                   '#[path = "engine/engine.rs"]\nmod engine;\nmod platform;\n')
        os.rename(os.path.join(self.top, "engine.rs"),
                  os.path.join(self.top, "engine/engine.rs"))
        arrows, errors = self.check()
        self.assertEqual(errors, [])
        self.assertIn(("engine/drain.rs", "engine/engine.rs"), arrows)

    def test_mod_rs(self):
        os.rename(os.path.join(self.top, "engine.rs"), os.path.join(self.top, "engine/mod.rs"))
        self.assertEqual(self.check()[1], [])

    def test_visibility_is_no_import(self):
        self.assertEqual(self.imports("platform/rcu.rs",
                                      "pub(in crate::engine) fn f() {}\n"), {})

    def test_what_is_no_code(self):
        self.assertEqual(self.imports("platform/rcu.rs", r'''
//! [`crate::api`]
/* crate::api::f() /* crate::api::g() */ crate::api::h() */
const A: &str = "crate::api::f() \" crate::api::g()";
const B: &str = r#"crate::api::f() " crate::api::g()"#;
const C: &CStr = c"crate::api::f()";
const D: char = '"';
const E: char = '\'';
fn f<'a>(x: &'a str) -> &'a str { x }  // crate::api::f()
fn g() -> impl Fn() + use<'_> {}
fn h(_: crate::engine::Engine) {}
'''), {"engine.rs": ["Engine"]})

    def test_other_crates(self):
        self.assertEqual(self.imports("platform/rcu.rs", "use ::kernel::api::X;\n"
                                      "use kernel::{api, engine::Engine};\n"
                                      "fn f() { api::g(); x.api::<u8>(); core::mem::drop(1) }\n"),
                         {})

    def test_generated_and_built(self):
        for name in ("bindings/generated.rs", "rcu_headless.mod.c", ".x.o.cmd"):
            self.write(name, "")
        self.assertEqual(self.check()[1], [])


class Wrong(Case):
    """Each thing that must not be."""

    def test_upwards(self):
        self.write("platform/rcu.rs", "\nuse crate::engine::{queue::Queue, Engine};\n")
        errors = self.check()[1]
        self.assertIn("rust/platform/rcu.rs:2: imports upwards, from platform to engine: "
                      "Engine of rust/engine.rs", errors)
        self.assertIn("rust/platform/rcu.rs:2: imports upwards, from platform to engine: "
                      "Queue of rust/engine/queue.rs", errors)

    def test_upwards_to_the_root(self):
        self.write("engine/drain.rs", "fn f(_: crate::RcuHeadless) {}\n")
        self.assert_error("rust/engine/drain.rs:1: imports upwards",
                          "RcuHeadless of rust/rcu_headless.rs")

    def test_sideways(self):
        self.write("debugfs.rs", "fn f() {\n    crate::api::g();\n}\n")
        self.assert_error("rust/debugfs.rs:2: imports sideways, from debugfs to api",
                          "g of rust/api.rs")

    def test_circle(self):
        self.write("engine/drain.rs", "use super::queue::Queue;\n")
        self.write("engine/queue.rs", "use crate::engine::drain;\nfn f() { drain::run() }\n")
        self.assert_error("a circle of 2 files",
                          "rust/engine/drain.rs:1 imports Queue of rust/engine/queue.rs",
                          "rust/engine/queue.rs:2 imports run of rust/engine/drain.rs")

    def test_circle_through_a_grandchild(self):
        self.write("engine/drain.rs", "mod inner;\nuse super::queue::Queue;\n")
        self.write("engine/drain/inner.rs", "")
        self.write("engine/queue.rs", "use super::drain::inner::X;\n")
        self.assertEqual(self.check()[1], [])
        self.write("engine/drain/inner.rs", "use crate::engine::queue::Queue;\n")
        self.assert_error("a circle of 2 files", "inner.rs", "queue.rs")

    def test_circle_behind_a_re_export(self):
        self.write("engine.rs", "mod drain;\nmod queue;\npub(crate) use queue::Queue;\n")
        self.write("engine/drain.rs", "use super::Queue;\n")
        self.write("engine/queue.rs", "use super::drain::Drain;\n")
        self.assert_error("a circle of 2 files", "drain.rs", "queue.rs")

    def test_on_no_floor(self):
        self.write("rcu_headless.rs", "mod api; mod debugfs; mod engine; mod platform; mod x;")
        self.write("x.rs", "")
        self.write("y/z.c", "")
        errors = self.check()[1]
        self.assertEqual(len(errors), 2, errors)
        self.assertIn("rust/x.rs: on no floor", errors[0])
        self.assertIn("rust/y/z.c: on no floor", errors[1])

    def test_in_no_module(self):
        self.write("engine/forgotten.rs", "")
        self.assert_error('rust/engine/forgotten.rs: no "mod" declares it')

    def test_no_file(self):
        self.write("platform.rs", "pub(crate) mod rcu;\nmod gone;\n")
        self.assert_error("rust/platform.rs:2: mod gone: no file rust/platform/gone.rs")

    def test_floors_with_faults(self):
        self.write("FLOORS", FLOORS + "observe/\n")
        self.assert_error("FLOORS:6: observe: no such file")
        for text in (FLOORS + "api/\n", FLOORS + "platform/rcu.rs\n", "# none\n"):
            self.write("FLOORS", text)
            with self.assertRaises(ValueError):
                self.check()

    def test_command(self):
        def run():
            return subprocess.run([sys.executable, "-B", floors.__file__, self.top],
                                  capture_output=True, text=True, check=False)
        result = run()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("8 Rust files, 4 imports between them, 0 errors", result.stdout)
        self.write("platform/rcu.rs", "use crate::engine::Engine;\n")
        result = run()
        self.assertEqual(result.returncode, 1)
        self.assertIn("imports upwards", result.stdout)
        self.write("FLOORS", "")
        result = run()
        self.assertEqual(result.returncode, 1)
        self.assertIn("no floors", result.stderr)


class Forms(Case):
    """The ways in which a file can name another's things."""

    def test_use_trees(self):
        self.assertEqual(self.imports("api.rs", """\
use crate::{
    engine::{
        self as eng,
        drain::{
            Drain,
            Flush as Sealer, //
        },
        Engine, // the state
    },
    platform::rcu::*, //
};
fn f() { eng::queue::g() }
"""), {"engine.rs": ["Engine"], "engine/drain.rs": ["Drain", "Flush"],
            "engine/queue.rs": ["g"], "platform/rcu.rs": ["*"]})

    def test_module_alone(self):
        self.assertEqual(self.imports("api.rs", "use crate::engine::{self};\n"),
                         {"engine.rs": ["self"]})
        self.assertEqual(self.imports("api.rs", "pub(crate) use crate::engine as e;\n"),
                         {"engine.rs": ["self"]})

    def test_paths_in_code(self):
        self.assertEqual(self.imports("api.rs", """\
fn f(x: &crate::engine::Engine) -> <crate::platform::rcu::Cookie as Copy>::X {
    crate::engine::drain::Drain::<u8>::run(x)
}
#[derive(crate::platform::Derive)]
struct S;
"""), {"engine.rs": ["Engine"], "engine/drain.rs": ["Drain"],
            "platform/rcu.rs": ["Cookie"], "platform.rs": ["Derive"]})

    def test_child_and_inline_modules(self):
        self.assertEqual(self.imports("engine.rs", """\
mod drain;
mod queue;
fn f() { queue::g() }
mod tests {
    use super::drain::Drain;
    fn g() { super::super::platform::rcu::h(); self::i() }
}
fn h() { self::drain::run() }
"""), {"engine/queue.rs": ["g"], "engine/drain.rs": ["Drain", "run"],
            "platform/rcu.rs": ["h"]})

    def test_files_that_the_configuration_chooses(self):
        self.write("platform/x86_64.rs", "use crate::engine::Engine;\n")
        self.write("platform/generic.rs", "")
        self.write("platform.rs", """\
pub(crate) mod rcu;
#[cfg_attr(all(CONFIG_X86_64, not(any(CONFIG_UML, CONFIG_KCSAN))), path = "platform/x86_64.rs")]
#[cfg_attr(not(CONFIG_X86_64), path = "platform/generic.rs")]
mod arch;
fn f() { arch::g() }
""")
        arrows, errors = self.check()
        self.assertIn(("platform.rs", "platform/x86_64.rs"), arrows)
        self.assertIn(("platform.rs", "platform/generic.rs"), arrows)
        self.assertEqual(len(errors), 1, errors)
        self.assertIn("rust/platform/x86_64.rs:1: imports upwards", errors[0])

    def test_re_exports(self):
        self.write("platform.rs", "pub(crate) mod rcu;\npub(crate) use self::rcu::Cookie as C;\n")
        self.assertEqual(self.imports("api.rs", "use crate::platform::C;\n"),
                         {"platform.rs": ["C"], "platform/rcu.rs": ["Cookie"]})

    def test_macros(self):
        self.write("platform/rcu.rs", """\
#[macro_export]
macro_rules! exported { () => { $crate::engine::f() }; }
macro_rules! textual { () => {}; }
macro_rules! by_path { () => {}; }
pub(crate) use by_path;
""")
        self.assertEqual(self.imports("api.rs", """\
fn f() { crate::exported!(); textual!(); crate::platform::rcu::by_path!(); pr_err!("") }
"""), {"platform/rcu.rs": ["by_path", "exported!", "textual!"]})
        # What the macro names is named where it is written.
        self.assert_error("rust/platform/rcu.rs:2: imports upwards", "f of rust/engine.rs")

    def test_use_inside_a_function(self):
        self.assertEqual(self.imports("api.rs", "fn f() { use crate::engine::queue::g; g() }\n"),
                         {"engine/queue.rs": ["g"]})

    def test_imports_that_lead_on(self):
        self.assertEqual(self.imports("api.rs", "use crate::engine;\nuse engine::queue;\n"
                                      "fn f() { queue::g() }\n"), {"engine/queue.rs": ["g"]})


class Hidden(Case):
    """Imports that a second meaning of a name hides, or a file that is read otherwise."""

    def test_use_that_hides_a_child(self):
        self.write("platform.rs", "pub(crate) mod rcu;\n"
                   "fn f() { use crate::debugfs::rcu; rcu::show() }\n")
        self.write("debugfs.rs", "pub(crate) mod rcu;\n")
        self.write("debugfs/rcu.rs", "")
        self.assert_error("rust/platform.rs:2: imports upwards",
                          "show of rust/debugfs/rcu.rs")

    def test_use_that_hides_a_use(self):
        self.write("debugfs.rs", "use crate::engine::queue as imp;\nfn e() { imp::g() }\n"
                   "fn f() { use crate::api as imp; imp::g() }\n")
        self.assert_error("rust/debugfs.rs:2: imports sideways", "g of rust/api.rs")

    def test_use_that_the_configuration_chooses(self):
        self.write("platform.rs", "pub(crate) mod rcu;\nmod x;\n")
        chosen = ["#[cfg(A)]\nuse crate::platform::rcu as imp;\n",
                  "#[cfg(not(A))]\nuse crate::engine::queue as imp;\n"]
        for order in (chosen, chosen[::-1]):
            self.write("platform/x.rs", "".join(order) + "fn f() { imp::f() }\n")
            self.assert_error("rust/platform/x.rs:5: imports upwards",
                              "f of rust/engine/queue.rs")

    def test_re_export_that_the_configuration_chooses(self):
        self.write("engine.rs", "mod drain;\nmod queue;\n#[cfg(A)]\npub(crate) use drain::Run;"
                   "\n#[cfg(not(A))]\npub(crate) use queue::Run;\n")
        self.assertEqual(self.imports("api.rs", "use crate::engine::Run;\n"),
                         {"engine.rs": ["Run"], "engine/drain.rs": ["Run"],
                          "engine/queue.rs": ["Run"]})

    def test_uses_of_each_other(self):
        self.write("platform/rcu.rs", "use a::x as b;\nuse b::x as a;\nfn f() { a::g() }\n")
        self.assertEqual(self.check()[1], [])

    def test_extern_crate_self(self):
        self.write("platform/rcu.rs", "extern crate alloc;\nextern crate self as me;\n"
                   "use me::engine::queue::Queue;\n")
        self.assert_error("rust/platform/rcu.rs:2: extern crate self")

    def test_path_of_another_folder(self):
        self.write("platform/rcu.rs", '#[path = "../engine/other.rs"]\nmod m;\n')
        self.write("engine/other.rs", "")
        self.assert_error("rust/platform/rcu.rs:2: mod m: ", "outside of the file's folder")
        self.write("rcu_headless.rs", "mod api;\nmod debugfs;\nmod engine;\nmod platform;\n"
                   '#[path = "../x.rs"]\nmod x;\n')
        self.write("../x.rs", "")
        self.write("platform/rcu.rs", "")
        self.assertIn("rust/rcu_headless.rs:6: mod x: ", "".join(self.check()[1]))

    def test_second_declaration(self):
        self.write("engine/queue.rs", '#[path = "drain.rs"]\nmod m;\n')
        self.assert_error("rust/engine/queue.rs:2: mod m: another", "rust/engine/drain.rs")

    def test_declaration_that_the_configuration_chooses(self):
        self.write("platform.rs", "#[cfg(A)]\npub(crate) mod rcu;\n#[cfg(not(A))]\nmod rcu;\n")
        self.assertEqual(self.check()[1], [])

    def test_include(self):
        for text in ('include!("../engine/queue.rs")', 'core::include!["x.rs"]',
                     'include!(concat!("../engine", "/queue.rs"))'):
            self.write("platform/rcu.rs", text + ";\n")
            self.assert_error("rust/platform/rcu.rs:1: include!")
        self.write("platform/rcu.rs", 'include!(env!("BINDINGS"));\ninclude_bytes!("x");\n')
        self.assertEqual(self.check()[1], [])

    def test_macro_that_two_files_define(self):
        for name in ("engine/drain.rs", "platform/rcu.rs"):
            self.write(name, "macro_rules! twice { () => {}; }\n")
        self.assertEqual(self.imports("api.rs", "fn f() { twice!() }\n"),
                         {"engine/drain.rs": ["twice!"], "platform/rcu.rs": ["twice!"]})
        self.assertEqual(self.imports("engine/drain.rs", "macro_rules! twice { () => {}; }\n"
                                      "fn f() { twice!() }\n"), {})
        for name in ("engine/drain.rs", "platform/rcu.rs"):
            self.write(name, "#[macro_export]\nmacro_rules! twice { () => {}; }\n")
        self.assertEqual(self.imports("api.rs", "fn f() { crate::twice!() }\n"),
                         {"engine/drain.rs": ["twice!"], "platform/rcu.rs": ["twice!"]})

    def test_path_of_what_a_macro_is_given(self):
        for path in ("crate::$m::f()", "$crate::platform::$m::f()", "use crate::$m::f;",
                     "super::$m()"):
            self.write("platform/rcu.rs",
                       f"macro_rules! m {{\n ($m:ident) => {{ {path} }};\n}}\n")
            self.assert_error("rust/platform/rcu.rs:2: ", "::$: can't be followed")
        self.write("platform/rcu.rs", "macro_rules! m {\n ($m:path) => { use $crate::platform; "
                   "$m::f(); kernel::$m() };\n}\n")
        self.assertEqual(self.check()[1], [])


if __name__ == "__main__":
    unittest.main()
