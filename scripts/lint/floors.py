#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Check that the imports of rust/ run downwards.

rust/FLOORS lists the modules at the top of rust/, floor by floor. A file may import from
floors below its own and from its own folder. Errors are

- an import from a floor above, or from another folder of the same floor;
- a circle of files. A child module that uses its parent is none: the parent has the
  state, as kernel/rcu/tree.h has it for tree_*.h;
- a file that is on no floor or that no "mod" declares, and a floor with no file.

Imports are "use" declarations and paths: crate::a::b, self::, super::, those that begin
with a child module or an imported one, and macros of another file. A re-exported name
counts for the file that re-exports it and for the one that defines it. Where a name can
be one of several things, as when a function has a "use" of its own or the configuration
chooses, it counts as all of them. Calls of methods can't be seen without types: an "impl"
in a file above its type's is no import. Nor is a path seen that a macro puts together
from pieces, unless it begins with crate::, self:: or super::, which is an error.

What would hide an import is an error as well: "extern crate self", an include!() of
anything but env!(), a file that two "mod" declare, a #[path] outside the file's folder.
"""

import argparse
import os
import re
import sys
from collections import defaultdict

ROOT = "rcu_headless.rs"
FLOORS = "FLOORS"
# Made by bindgen, when the module is built inside the tree.
GENERATED = {"bindings/generated.rs", "platform/this_cpu/arm64_offset.rs"}
SOURCES = (".rs", ".c", ".h")

TOKEN = re.compile(r"""
    (?P<comment> //[^\n]* | /\* )
  | (?P<string> (?:br|cr|r)\#*" | [bc]?" )
  | (?P<char> b?'(?:\\(?:x[0-9a-fA-F]{2}|u\{[^}]*\}|.)|[^\\'\n])' )
  | (?P<lifetime> '[A-Za-z_]\w* )
  | (?P<ident> (?:r\#)?[A-Za-z_]\w* )
  | (?P<number> \d\w* )
  | (?P<sep> :: )
  | (?P<punct> \S )
""", re.VERBOSE)


class Token:
    """A word, a string or a sign, and its line."""

    __slots__ = ("kind", "text", "line")

    def __init__(self, kind, text, line):
        self.kind = kind
        self.text = text
        self.line = line

    def __repr__(self):
        return f"{self.kind}:{self.text}@{self.line}"


def end_of_comment(text, pos):
    """Where the block comment that begins at pos ends; they nest."""
    depth = 0
    for mark in re.finditer(r"/\*|\*/", text[pos:]):
        depth += 1 if mark.group() == "/*" else -1
        if depth == 0:
            return pos + mark.end()
    return len(text)


def end_of_string(text, start, opening):
    """Where the string that begins at start with such an opening ends."""
    if "r" in opening:
        closing = '"' + "#" * opening.count("#")
        end = text.find(closing, start + len(opening))
        return len(text) if end < 0 else end + len(closing)
    end = re.compile(r'(?:[^"\\]|\\.)*"', re.DOTALL).match(text, start + len(opening))
    return len(text) if end is None else end.end()


def tokens_of(text):
    """The tokens of a Rust source, without comments."""
    tokens, pos, line = [], 0, 1
    while (found := TOKEN.search(text, pos)) is not None:
        line += text.count("\n", pos, found.start())
        kind, word, end = found.lastgroup, found.group(), found.end()
        if kind == "comment" and word == "/*":
            end = end_of_comment(text, found.start())
        elif kind == "string":
            end = end_of_string(text, found.start(), word)
            inside = text[found.end():end].rstrip("#")
            tokens.append(Token("string", inside.removesuffix('"'), line))
        elif kind != "comment":
            tokens.append(Token(kind, word.removeprefix("r#"), line))
        line += text.count("\n", found.start(), end)
        pos = end
    return tokens


class Use:
    """A path that a file names: its segments, and as what it is known from then on."""

    def __init__(self, path, line, module, alias=None):
        self.path = path
        self.line = line
        self.module = module
        self.alias = alias


class Module:
    """A module: its files (more than one if the configuration chooses), its children,
    and what it imports by name."""

    def __init__(self, path):
        self.path = path
        self.files = []
        self.children = set()
        self.names = defaultdict(list)


class Source:
    """What one file declares and names."""

    def __init__(self, name, module, owns_folder):
        self.name = name
        self.module = module
        # Its children are beside it, as those of the root and of #[path] files are.
        self.owns_folder = owns_folder
        self.mods = []          # (module path, [files], line)
        self.uses = []
        self.paths = []
        self.macros = {}        # name: whether it is exported
        self.invoked = []       # (name, line)
        self.errors = []        # (text, line)


class Reader:
    """Reads one file's tokens."""

    def __init__(self, tokens, source):
        self.tokens = tokens
        self.source = source
        self.pos = 0

    def peek(self, ahead=0):
        """The text of a token that comes, or nothing."""
        pos = self.pos + ahead
        return self.tokens[pos].text if pos < len(self.tokens) else ""

    def is_kind(self, kind, ahead=0):
        """Whether a token that comes is of that kind."""
        pos = self.pos + ahead
        return pos < len(self.tokens) and self.tokens[pos].kind == kind

    def skip_group(self):
        """Steps over a bracketed group, and returns its tokens."""
        start, depth = self.pos, 0
        while self.pos < len(self.tokens):
            token = self.tokens[self.pos]
            self.pos += 1
            if token.kind == "punct" and token.text in "([{":
                depth += 1
            elif token.kind == "punct" and token.text in ")]}":
                depth -= 1
                if depth == 0:
                    break
        return self.tokens[start:self.pos]

    def read(self):
        """Fills in the source."""
        inline, depth, attributes = [], 0, []
        while self.pos < len(self.tokens):
            token = self.tokens[self.pos]
            module = self.source.module + tuple(name for name, _ in inline)
            if token.text == "#" and self.peek(1) in ("[", "!"):
                self.pos += 2 if self.peek(1) == "!" else 1
                start = self.pos
                attributes.append(self.skip_group())
                # A path may stand in an attribute: #[cfg_attr(.., derive(crate::x))].
                self.paths_in(start, self.pos, module)
                continue
            if token.kind == "ident" and token.text == "mod" and self.is_kind("ident", 1):
                name = self.peek(1)
                if self.peek(2) == ";":
                    self.declare(module, name, attributes, token.line, len(inline) > 0)
                    self.pos += 3
                    attributes = []
                    continue
                if self.peek(2) == "{":
                    inline.append((name, depth))
                    depth += 1
                    self.source.mods.append((module + (name,), [self.source.name], token.line))
                    self.pos += 3
                    attributes = []
                    continue
            if token.kind == "ident" and token.text == "pub" and self.peek(1) == "(":
                # pub(in crate::a) names who may look, and imports nothing.
                self.pos += 1
                self.skip_group()
                continue
            if [self.peek(ahead) for ahead in range(3)] == ["extern", "crate", "self"]:
                self.source.errors.append(("extern crate self: name the crate's own modules "
                                           "by crate::", token.line))
            if token.kind == "ident" and token.text == "use":
                self.pos += 1
                self.read_use([], module)
                attributes = []
                continue
            if token.kind == "ident" and token.text == "macro_rules" and self.peek(1) == "!":
                exported = any(t.text == "macro_export" for a in attributes for t in a)
                self.source.macros[self.peek(2)] = exported
                self.pos += 3
                attributes = []
                continue
            if token.kind == "punct" and token.text in "{}":
                depth += 1 if token.text == "{" else -1
                if inline and inline[-1][1] == depth:
                    inline.pop()
            if token.kind == "ident":
                self.pos = self.read_path(self.pos, module)
            else:
                self.pos += 1
            # "pub unsafe extern mod" doesn't exist: what isn't "pub" ends the attributes.
            if token.text != "pub":
                attributes = []

    def paths_in(self, start, end, module):
        """Looks for paths in a part of the tokens that is otherwise stepped over."""
        pos = start
        while pos < end:
            pos = (self.read_path(pos, module) if self.tokens[pos].kind == "ident"
                   else pos + 1)

    def read_path(self, pos, module):
        """Notes the path that begins with the word at pos, and returns where it ends."""
        first = self.tokens[pos]
        before = self.tokens[pos - 1] if pos else None
        segments = [first.text]
        pos += 1
        while (pos + 1 < len(self.tokens) and self.tokens[pos].kind == "sep"
               and self.tokens[pos + 1].kind == "ident"):
            segments.append(self.tokens[pos + 1].text)
            pos += 2
        if before is not None and (before.kind == "sep" or before.text == "."):
            return pos
        following = [token.text for token in self.tokens[pos:pos + 3]]
        if segments[0] in ("crate", "self", "super") and following[:2] == ["::", "$"]:
            self.cannot_follow(segments, first.line)
        if segments[-1] == "include" and following[:1] == ["!"] and following[2:] != ["env"]:
            self.source.errors.append(("include!: what is included can't be seen: declare "
                                       "the file by \"mod\"", first.line))
        if len(segments) > 1:
            self.source.paths.append(Use(segments, first.line, module))
        elif pos < len(self.tokens) and self.tokens[pos].text == "!":
            self.source.invoked.append((first.text, first.line))
        return pos

    def cannot_follow(self, segments, line):
        """Notes a path that goes on with what a macro is given."""
        self.source.errors.append((f"{'::'.join(segments)}::$: can't be followed: have the "
                                   "macro's callers give the whole path", line))

    def read_use(self, prefix, module):
        """Reads one tree of a use declaration, up to what follows it."""
        path = list(prefix)
        line = self.tokens[self.pos].line if self.pos < len(self.tokens) else 0
        if self.is_kind("sep"):
            # ::name is another crate's.
            path = ["::"]
            self.pos += 1
        while self.pos < len(self.tokens):
            if self.peek() == "$":
                if path and path[0] in ("crate", "self", "super"):
                    self.cannot_follow(path, line)
                    path = ["::"]
                self.pos += 1
            elif self.peek() == "{":
                self.pos += 1
                while self.pos < len(self.tokens) and self.peek() != "}":
                    before = self.pos
                    self.read_use(path, module)
                    if self.peek() == ",":
                        self.pos += 1
                    elif self.pos == before:
                        self.pos += 1
                self.pos += 1
                return
            elif self.peek() == "*":
                self.pos += 1
                self.source.uses.append(Use(path + ["*"], line, module))
                return
            elif self.is_kind("ident"):
                path.append(self.peek())
                line = self.tokens[self.pos].line
                self.pos += 1
                if self.is_kind("sep"):
                    self.pos += 1
                    continue
                alias = path[-1]
                if self.peek() == "as":
                    alias = self.peek(1)
                    self.pos += 2
                if path[-1] == "self" and len(path) > 1:
                    path.pop()
                    alias = path[-1] if alias == "self" else alias
                self.source.uses.append(Use(path, line, module, alias))
                return
            else:
                return

    def declare(self, module, name, attributes, line, is_inline):
        """Notes a "mod name;" and which files that can be."""
        folder = os.path.dirname(self.source.name)
        files = []
        for path in (path for attribute in attributes for path in paths_given(attribute)):
            files.append(os.path.normpath(os.path.join(folder, path)))
            if (not files[-1].startswith(os.path.join(folder, ""))
                    or files[-1].startswith(("/", "../"))):
                self.source.errors.append((f'mod {name}: #[path = "{path}"] is outside of the '
                                           "file's folder", line))
        if not files:
            if not self.source.owns_folder:
                folder = os.path.splitext(self.source.name)[0]
            if is_inline:
                folder = os.path.join(folder, *module[len(self.source.module):])
            files = [os.path.join(folder, f"{name}.rs"), os.path.join(folder, name, "mod.rs")]
            self.source.mods.append((module + (name,), [tuple(files)], line))
        else:
            self.source.mods.append((module + (name,), files, line))


def paths_given(attribute):
    """The files that #[path = ""] or #[cfg_attr(.., path = "")] gives."""
    for at, token in enumerate(attribute):
        if (token.text == "path" and token.kind == "ident" and at + 2 < len(attribute)
                and attribute[at + 1].text == "=" and attribute[at + 2].kind == "string"):
            yield attribute[at + 2].text


class Tree:
    """The crate: its files, its modules, and which file imports what from which."""

    def __init__(self, top):
        self.top = top
        self.sources = {}
        self.modules = {(): Module(())}
        self.exported = defaultdict(set)    # macro: files
        self.local = defaultdict(set)   # macro: files
        self.errors = []
        # (from, to): {name: line}
        self.arrows = defaultdict(dict)
        self.read(ROOT, (), True)
        for source in self.sources.values():
            for name, is_exported in source.macros.items():
                self.local[name].add(source.name)
                if is_exported:
                    self.exported[name].add(source.name)
        for source in self.sources.values():
            self.note_names(source)
        for source in self.sources.values():
            self.note_arrows(source)

    def read(self, name, module, owns_folder):
        """Reads a file and those of the modules that it declares."""
        with open(os.path.join(self.top, name), encoding="utf-8") as file:
            text = file.read()
        source = self.sources[name] = Source(name, module, owns_folder)
        self.modules[module].files.append(name)
        Reader(tokens_of(text), source).read()
        self.errors += [f"{self.shown(name)}:{line}: {error}" for error, line in source.errors]
        for path, files, line in source.mods:
            self.modules.setdefault(path, Module(path))
            self.modules[path[:-1]].children.add(path[-1])
            for file in files:
                if isinstance(file, tuple):
                    there = [f for f in file if os.path.exists(os.path.join(self.top, f))]
                    if not there:
                        self.errors.append(f"{self.shown(name)}:{line}: mod {path[-1]}: "
                                           f"no file {self.shown(file[0])}")
                        continue
                    file, owns_folder = there[0], there[0].endswith("/mod.rs")
                else:
                    owns_folder = True
                if file == name:
                    self.modules[path].files.append(name)
                elif file in self.sources:
                    if self.sources[file].module != path:
                        self.errors.append(f"{self.shown(name)}:{line}: mod {path[-1]}: another "
                                           f"\"mod\" declares {self.shown(file)} as well")
                elif os.path.exists(os.path.join(self.top, file)):
                    self.read(file, path, owns_folder)
                else:
                    self.errors.append(f"{self.shown(name)}:{line}: mod {path[-1]}: "
                                       f"no file {self.shown(file)}")

    def shown(self, name):
        """A file's name for messages."""
        return os.path.join(os.path.basename(os.path.abspath(self.top)), name)

    def absolute(self, use, seen=()):
        """The paths from the crate's root that it can be: none if it is another crate's."""
        path, module = list(use.path), use.module
        if path[0] == "crate":
            return [path[1:]]
        if path[0] in ("self", "super"):
            base = list(module)
            if path[0] == "self":
                path.pop(0)
            while path and path[0] == "super":
                path.pop(0)
                base = base[:-1]
            return [base + path]
        # A "use" in a function hides a child and what the file imports, but only there.
        paths = []
        if path[0] in self.modules[module].children:
            paths.append(list(module) + path)
        for imported in self.modules[module].names.get(path[0], ()):
            # Itself, as in "use a::a", would lead nowhere.
            if imported is not use and imported not in seen:
                # Only modules lead on.
                paths += [base + path[1:] for base in self.absolute(imported, (*seen, use))
                          if tuple(base) in self.modules]
        return paths

    def note_names(self, source):
        """Notes as what a file's modules know what they import."""
        for use in source.uses:
            if use.alias is not None:
                self.modules[use.module].names[use.alias].append(use)

    def module_of(self, path):
        """The deepest module on a path, and what is left of the path."""
        depth = 0
        while depth < len(path) and tuple(path[:depth + 1]) in self.modules:
            depth += 1
        return self.modules[tuple(path[:depth])], path[depth:]

    def note_arrows(self, source):
        """Notes what a file imports."""
        leading = {(use.module, use.path[0]) for use in source.paths + source.uses}
        for use in source.uses:
            for path in self.absolute(use):
                # The paths that begin with a module say what is used of it.
                if (tuple(path) not in self.modules or use.alias is None
                        or (use.module, use.alias) not in leading):
                    self.follow(source, path, use.line)
        for use in source.paths:
            for path in self.absolute(use):
                self.follow(source, path, use.line)
        for name, line in source.invoked:
            if name not in source.macros and name not in self.modules[source.module].names:
                for file in sorted(self.local.get(name, ())):
                    self.note(source.name, file, f"{name}!", line)

    def follow(self, source, path, line):
        """Notes an arrow to the file that a path leads to, and on through re-exports."""
        paths, seen = [path], set()
        while paths:
            module, rest = self.module_of(paths.pop())
            name = rest[0] if rest else "self"
            if not module.path and rest and rest[0] in self.exported:
                for file in sorted(self.exported[name]):
                    self.note(source.name, file, f"{name}!", line)
                continue
            for file in module.files:
                self.note(source.name, file, name, line)
            for use in module.names.get(name, ()) if rest else ():
                if use not in seen:
                    seen.add(use)
                    paths += [path + rest[1:] for path in self.absolute(use)]

    def note(self, importer, imported, name, line):
        """Notes one arrow."""
        if importer != imported:
            self.arrows[importer, imported].setdefault(name, line)

    def is_ancestor(self, name, of):
        """Whether one file's module holds the other's."""
        outer, inner = self.sources[name].module, self.sources[of].module
        return len(outer) < len(inner) and inner[:len(outer)] == outer

    def circles(self):
        """Sets of files that import each other, with parents as their children's own."""
        graph = defaultdict(set)
        for importer, imported in self.arrows:
            if not self.is_ancestor(imported, importer):
                graph[importer].add(imported)
        return [part for part in components(sorted(self.sources), graph) if len(part) > 1]


def components(nodes, graph):
    """Strongly connected components, by Tarjan's algorithm without recursion."""
    index, low, on_stack, stack, parts = {}, {}, set(), [], []
    for node in nodes:
        if node in index:
            continue
        work = [(node, iter(sorted(graph[node])))]
        index[node] = low[node] = len(index)
        stack.append(node)
        on_stack.add(node)
        while work:
            at, targets = work[-1]
            for target in targets:
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter(sorted(graph[target]))))
                    break
                if target in on_stack:
                    low[at] = min(low[at], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[at])
                if low[at] == index[at]:
                    part = stack[stack.index(at):]
                    del stack[stack.index(at):]
                    on_stack.difference_update(part)
                    parts.append(sorted(part))
    return parts


def read_floors(path):
    """{name: floor}, the highest floor 0; and {name: its line}."""
    floors, lines = {}, {}
    floor = 0
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            names = line.split("#")[0].split()
            for name in names:
                if "/" in name.rstrip("/"):
                    raise ValueError(f"{path}:{number}: {name}: only what is at the top "
                                     "is on a floor")
                name = module_name(name)
                if name in floors:
                    raise ValueError(f"{path}:{number}: {name} is on two floors")
                floors[name] = floor
                lines[name] = number
            floor += bool(names)
    if not floors:
        raise ValueError(f"{path}: no floors")
    return floors, lines


def module_name(name):
    """The top module that an entry of FLOORS, or a file, belongs to."""
    return name.split("/")[0].removesuffix(".rs")


def files_of(top):
    """All sources below a folder, but for what a build leaves there."""
    for folder, folders, names in os.walk(top):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in sorted(names):
            path = os.path.relpath(os.path.join(folder, name), top)
            if (name.endswith(SOURCES) and not name.startswith(".")
                    and not name.endswith(".mod.c") and path not in GENERATED):
                yield path


def check(top, floors_file):
    """(tree, errors): all that is wrong."""
    floors, lines = read_floors(floors_file)
    tree = Tree(top)
    errors = list(tree.errors)
    files = list(files_of(top))
    used = set()
    for name in files:
        used.add(module_name(name))
        if module_name(name) not in floors:
            errors.append(f"{tree.shown(name)}: on no floor: name {module_name(name)} "
                          f"in {floors_file}")
        if name.endswith(".rs") and name not in tree.sources:
            errors.append(f'{tree.shown(name)}: no "mod" declares it')
    for name in sorted(set(floors) - used, key=lines.get):
        errors.append(f"{floors_file}:{lines[name]}: {name}: no such file or folder")
    for (importer, imported), names in sorted(tree.arrows.items()):
        error = wrong_way(module_name(importer), module_name(imported), floors)
        if error:
            errors.append(f"{tree.shown(importer)}:{min(names.values())}: {error}: "
                          f"{', '.join(sorted(names))} of {tree.shown(imported)}")
    for circle in tree.circles():
        text = f"a circle of {len(circle)} files:"
        for importer, imported in sorted(tree.arrows):
            if (importer in circle and imported in circle
                    and not tree.is_ancestor(imported, importer)):
                names = tree.arrows[importer, imported]
                text += (f"\n    {tree.shown(importer)}:{min(names.values())} imports "
                         f"{', '.join(sorted(names))} of {tree.shown(imported)}")
        errors.append(text)
    return tree, errors


def wrong_way(importer, imported, floors):
    """What is wrong with an import from one top module to another, if anything."""
    if importer == imported or importer not in floors or imported not in floors:
        return None
    if floors[imported] < floors[importer]:
        return f"imports upwards, from {importer} to {imported}"
    if floors[imported] == floors[importer]:
        return f"imports sideways, from {importer} to {imported} on the same floor"
    return None


def main():
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("top", nargs="?", metavar="DIR", help="the folder (default: rust/)",
                        default=os.path.join(os.path.dirname(__file__), "../../rust"))
    parser.add_argument("--floors", metavar="FILE", help="the floors (default: DIR/FLOORS)")
    parser.add_argument("--arrows", action="store_true", help="print all imports first")
    args = parser.parse_args()
    top = os.path.relpath(args.top)
    try:
        tree, errors = check(top, args.floors or os.path.join(top, FLOORS))
    except (OSError, ValueError) as error:
        sys.exit(f"error: {error}")
    if args.arrows:
        for (importer, imported), names in sorted(tree.arrows.items()):
            print(f"{importer} -> {imported}: {', '.join(sorted(names))}")
    for error in errors:
        print(error)
    print(f"{len(tree.sources)} Rust files, {len(tree.arrows)} imports between them, "
          f"{len(errors)} errors")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
