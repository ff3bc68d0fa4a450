# SPDX-License-Identifier: GPL-2.0
#
# For make lint and make check: sources of a kind, and several checks at a time.
# shellcheck shell=bash disable=SC2154

# shellcheck source=sources.sh
. "$top/scripts/lib/sources.sh"

of_kind() {
	sources | grep -E "$1"
}
shell_scripts() {
	local file
	sources | while IFS= read -r file; do
		case $file in
		*.sh) echo "$file" ;;
		*) ! head -c 64 "$file" | tr -d '\0' | grep -q '^#!.*\(bash\|/sh\)' || echo "$file" ;;
		esac
	done
}
python_files() {
	local file
	sources | while IFS= read -r file; do
		case $file in
		*.py) echo "$file" ;;
		*) ! head -c 64 "$file" | tr -d '\0' | grep -q '^#!.*python3' || echo "$file" ;;
		esac
	done
}

# check FUNCTION WHAT: adds one for run_checks. A function that returns 77 was skipped; one
# that has more to say of what it has seen writes that to $note.
functions=() whats=()
check() {
	functions+=("$1")
	whats+=("$2")
}

# finished N: prints what became of the check, if it has ended
finished() {
	[ "$1" -lt ${#functions[@]} ] || return 1
	local function=${functions[$1]} what=${whats[$1]}
	[ -f "$logs/$function.status" ] || return 1
	[ ! -s "$logs/$function.note" ] || what="$what: $(cat "$logs/$function.note")"
	case $(cat "$logs/$function.status") in
	0)
		echo "ok      $what"
		passed=$((passed + 1))
		;;
	77)
		echo "skipped $what"
		skipped=$((skipped + 1))
		;;
	*)
		echo "FAILED  $what:"
		tail -n 60 "$logs/$function" | sed 's/^/        /'
		failed=$((failed + 1))
		;;
	esac
}

# run_checks: runs what was added, as many at a time as JOBS says, with their output in
# $logs, prints each in its turn, then the sum, and returns whether none has failed
run_checks() {
	local i pid printed=0 running=0 passed=0 failed=0 skipped=0
	# Most checks would pass without any.
	sources >/dev/null || exit 1
	# What a check that is interrupted leaves goes too.
	TMPDIR=$(mktemp -d)
	export TMPDIR
	cleanup_paths+=("$TMPDIR")
	# Each gets a process group, so that all of it is ended if this script is.
	set -m
	for i in "${!functions[@]}"; do
		if [ $running -ge "$jobs" ]; then
			wait -n || true
			running=$((running - 1))
		fi
		while finished $printed; do
			printed=$((printed + 1))
		done
		(
			status=0
			# shellcheck disable=SC2034
			note=$logs/${functions[i]}.note
			"${functions[i]}" || status=$?
			echo $status >"$logs/${functions[i]}.status.new"
			mv "$logs/${functions[i]}.status.new" "$logs/${functions[i]}.status"
		) >"$logs/${functions[i]}" 2>&1 </dev/null &
		cleanup_groups+=($!)
		running=$((running + 1))
	done
	for pid in "${cleanup_groups[@]}"; do
		wait "$pid" || true
		while finished $printed; do
			printed=$((printed + 1))
		done
	done
	set +m
	[ $printed -eq ${#functions[@]} ] ||
		die "${functions[printed]}: ended before it could say how" "See $logs."
	cleanup_groups=()
	echo "$passed passed, $failed failed, $skipped skipped"
	[ $failed -eq 0 ]
}
