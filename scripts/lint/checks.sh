# SPDX-License-Identifier: GPL-2.0
#
# The checks of make lint: none needs a kernel, and nothing is built.
# shellcheck shell=bash disable=SC2154

# The system's Python for all, as the distribution's packages are for it.
python=/usr/bin/python3
[ -x $python ] || python=$(command -v python3)

# with_python COMMAND...: runs what may itself run Python
with_python() {
	PATH=$(dirname "$python"):$PATH "$@"
}

# The kernel's settings; make check sees to it that they still are.
check_rustfmt() {
	of_kind '\.rs$' | xargs -d '\n' "$RUSTFMT" --check --edition 2021 --config-path .rustfmt.toml
}

# rustfmt leaves comments as they are.
check_columns() {
	of_kind '\.(rs|c|h)$' | xargs -d '\n' \
		awk 'length > 100 { print FILENAME ":" FNR ": " length " columns"; long++ }
			END { exit long != 0 }'
}

check_floors() {
	"$python" -B scripts/lint/floors.py
}

# What must not be in the policy files: unsafe code without an argument for it.
check_safety() {
	! of_kind '^rust/.*\.rs$' | xargs -d '\n' grep -nE \
		'SAFETY: *TODO|\.unwrap\(|\.expect\(|panic!|todo!|unimplemented!'
}

# Where to look in rust/, for a reader who is new: no file may be missing there.
check_design() {
	local file status=0
	while IFS= read -r file; do
		grep -qF "\`\`${file#rust/}\`\`" Documentation/design.rst || {
			echo "$file: not in Documentation/design.rst, \"Where to look\""
			status=1
		}
	done < <(of_kind '^rust/.*\.rs$')
	return $status
}

# What users read in debugfs is documented, name by name.
check_names() {
	local name status=0
	while read -r name; do
		grep -qF "\`\`$name\`\`" Documentation/observability.rst Documentation/design.rst || {
			echo "$name: in neither observability.rst nor design.rst"
			status=1
		}
	done < <(grep -ohE '(^ *\("| = |\(")"?[a-z]+(_[a-z]+)*"' rust/debugfs/{row,stats,memory}.rs \
		rust/observe/stats.rs rust/check/misuse.rs | grep -oE '[a-z]+(_[a-z]+)*"' | tr -d '"' | sort -u)
	return $status
}

# Each fault on purpose is a patch, which must fit the code as it is.
check_mutants() {
	local count
	MUTANTS='' with_python scripts/mutants.sh --check || return 1
	count=$(find tests/mutants -name '*.patch' | wc -l)
	echo "$count patches" | tee "$note"
	[ "$count" -gt 0 ]
}

# What finds each of them is told, and of no other.
# shellcheck disable=SC2016
check_faults_table() {
	diff <(find tests/mutants -name '*.patch' -printf '%f\n' | sed 's/\.patch$//' | LC_ALL=C sort) \
		<(sed -n '/^fault  *after  *caught by$/,/^$/p' Documentation/testing.rst |
			grep -oE '^``[a-z_]+``' | tr -d '`' | LC_ALL=C sort)
}

check_shellcheck() {
	shell_scripts | xargs -d '\n' shellcheck -x -P SCRIPTDIR
}

check_python() {
	local files=()
	mapfile -t files < <(python_files)
	pyflakes3 "${files[@]}" && pycodestyle --max-line-length=100 "${files[@]}"
}

# unit_tests DIR [TEST...]: runs these, or what is in DIR/tests, and there must be some
unit_tests() {
	local said status=0
	cd "$1" || return 1
	shift
	[ $# -gt 0 ] || set -- discover -s tests -t .
	said=$(with_python "$python" -B -m unittest "$@" 2>&1) || status=$?
	echo "$said"
	! grep -q '^Ran 0 tests' <<<"$said" || status=1
	return $status
}

check_lint_tools() {
	unit_tests scripts/lint
}

check_sites() {
	unit_tests tools/rcu-sites
}

# Those that need the module loaded are skipped here: tests/guest/40-stat.sh has them run. So are
# those that need Prometheus' programs, which come next.
check_stat() {
	unit_tests tools/rcu-headless-stat
}

# With the programs of each Debian that are in the cache.
check_monitoring() {
	local dir said status=0 dirs=()
	mapfile -t dirs < <(DEPS=skip scripts/build/prometheus.sh)
	if [ ${#dirs[@]} -eq 0 ]; then
		echo "no promtool in the cache (scripts/build/prometheus.sh)" >"$note"
		return 77
	fi
	for dir in "${dirs[@]}"; do
		said=$(PROMETHEUS_BIN=$dir unit_tests tools/rcu-headless-stat tests.test_monitoring) ||
			status=1
		! grep -q skipped <<<"$said" || status=1
		printf '%s:\n%s\n' "$dir" "$said"
	done
	echo "Debian's ${dirs[*]##*/}" >"$note"
	return $status
}

check_headers() {
	unit_tests scripts/headers
}

# options: the options that are in a text
options() {
	grep -oE -- '(^|[^[:alnum:]_-])--?[a-z][a-z-]*' | grep -oE -- '-.*' | sort -u
}

# What --help says of a command's options, its manual page does, and no more.
check_man() {
	local command page status=0
	[ -x tools/rcu-headless-stat/rcu-headless-stat ] || return
	for command in tools/*/{rcu-headless-stat,*-sites}; do
		[ -x "$command" ] || continue
		page=Documentation/man/${command##*/}.rst
		diff --label "$command --help" --label "$page" \
			-u <({ "$command" --help && echo "-h, --help"; } | options) \
			<(sed -n '/^OPTIONS$/,/^EXIT STATUS$/{/^-/p}' "$page" | options) || status=1
	done
	return $status
}

check_bench_report() {
	unit_tests bench
}

check_rst() {
	local file
	of_kind '\.rst$' | while IFS= read -r file; do
		rst2html --halt=warning "$file" >/dev/null || exit 1
	done
}

# With names of the kernel's files, if there is its source.
check_links() {
	sources | "$python" -B scripts/lint/links.py ${source:+--kernel "$source"}
}

check_spdx() {
	local file status=0
	while IFS= read -r file; do
		case $file in
		COPYING | *.csv | *.svg) continue ;;
		esac
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0' || {
			echo "$file: no SPDX line"
			status=1
		}
	done < <(sources)
	return $status
}

# The version that modinfo shows is the newest in the change log.
check_version() {
	local version newest
	version=$(sed -n 's/^MODULE_VERSION("\(.*\)");$/\1/p' rust/helpers/version.c)
	newest=$(sed -n 's/^## \[\([0-9][^]]*\)\].*/\1/p' CHANGELOG.md | head -n 1)
	echo "rust/helpers/version.c: $version; CHANGELOG.md: $newest"
	[ -n "$version" ] && [ "$version" = "$newest" ]
}

# The longest first.
check check_sites "find-sites, convert-sites and rank-sites say what they should"
check check_shellcheck "shell scripts pass shellcheck"
check check_rustfmt "Rust is formatted as the kernel's"
check check_columns "Rust and C keep to 100 columns"
check check_floors "imports in rust/ run downwards"
check check_design "the design says what each file of rust/ is for"
check check_names "each name in debugfs is documented"
check check_safety "Rust doesn't panic nor leave proofs open"
check check_mutants "each fault on purpose fits the code"
check check_faults_table "what finds each fault on purpose is documented"
check check_python "Python passes pyflakes and pycodestyle"
check check_stat "rcu-headless-stat prints what it should"
check check_monitoring "promtool and node_exporter take what rcu-headless-stat has for them"
check check_lint_tools "the lint's own tools find what they should"
check check_headers "Rust metadata is made for the right kernel, or refused"
check check_bench_report "the benchmarks' report keeps what it should"
check check_man "each option has its place in a manual page"
check check_rst "the documentation is well-formed reST"
check check_links "files and goals that are named exist"
check check_version "the version is that of the change log"
check check_spdx "every file names its license"
