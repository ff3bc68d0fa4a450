# SPDX-License-Identifier: GPL-2.0
#
# For the scripts around: messages, steps, the cache, locks.
# shellcheck shell=bash disable=SC2034

# What these scripts read of other programs isn't translated, and cd says nothing.
export LC_ALL=C
unset CDPATH

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/rcu-headless
jobs=${JOBS:-$(nproc)}

# Before what takes root's rights.
sudo=()
[ "$EUID" -eq 0 ] || sudo=(sudo)

# These scripts are run by make, and run other makes of their own.
unset MAKEFLAGS MFLAGS MAKELEVEL

# Messages go to stderr: what a script finds out for another goes to stdout.
say() {
	echo "==> $*" >&2
}

# die MESSAGE [WHAT TO DO NEXT]
die() {
	echo "error: $1" >&2
	[ $# -lt 2 ] || echo "       $2" >&2
	exit 1
}

# refuse MESSAGE [WHAT TO DO NEXT]: as die, where nothing has gone wrong but it can't be done for
# this kernel, or not on this machine as it is. DKMS skips a kernel for this status.
refuse() {
	(die "$@") || exit 77
}

# It is in rules of make, and in what sed writes.
case $cache in
*[!-a-zA-Z0-9_./+@~,%]*) die "make can't build in a directory like $cache" \
	"Set XDG_CACHE_HOME to one without blanks and signs." ;;
/*) ;;
*) die "XDG_CACHE_HOME isn't absolute: ${XDG_CACHE_HOME-}" ;;
esac

case $jobs in
'' | *[!0-9]* | 0*) die "JOBS is a number: $jobs" ;;
esac

# The lines of a script's head comment, from the third on, are its help.
help_if_asked() {
	case "${1-}" in
	-h | --help)
		sed -n '3,/^[^#]/s/^# \{0,1\}//p' "$0"
		exit 0
		;;
	esac
}

# For a script whose help_if_asked has been answered and that takes nothing else.
no_arguments() {
	[ $# -eq 0 ] || die "what is $1?" "${0##*/} takes no arguments; --help says what to set."
}

# Things to remove and processes to end when the script ends in any way.
cleanup_paths=()
cleanup_roots=()
cleanup_pids=()
cleanup_groups=()
cleanup_vms=()
cleanup() {
	local status=$? pid
	trap '' INT TERM
	for pid in "${cleanup_pids[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
	for pid in "${cleanup_groups[@]}"; do
		kill -- "-$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	for pid in "${cleanup_vms[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	# Systems below a folder are root's.
	[ ${#cleanup_roots[@]} -eq 0 ] ||
		"${sudo[@]}" rm -rf --one-file-system "${cleanup_roots[@]}"
	[ ${#cleanup_paths[@]} -eq 0 ] || rm -rf "${cleanup_paths[@]}"
	exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# step WHAT LOG COMMAND...: runs a long command, with its output in a log
step() {
	local what=$1 log=$2 start=$SECONDS ticker='' status=0
	shift 2
	mkdir -p "$(dirname "$log")"
	say "$what (log: $log)"
	if [ -t 2 ]; then
		# What it sleeps by goes with it: whoever reads our output, or wants our locks,
		# would wait for that, too.
		(
			trap 'kill $!; exit' TERM
			while sleep 5 & wait $!; do
				printf '\r    %d s ' $((SECONDS - start)) >&2
			done
		) >/dev/null &
		ticker=$!
		cleanup_pids+=("$ticker")
	fi
	"$@" >"$log" 2>&1 </dev/null || status=$?
	if [ -n "$ticker" ]; then
		kill "$ticker" 2>/dev/null || true
		wait "$ticker" 2>/dev/null || true
		unset 'cleanup_pids[-1]'
		printf '\r' >&2
	fi
	if [ $status -ne 0 ]; then
		echo "    failed after $((SECONDS - start)) s; the end of the log:" >&2
		tail -n 25 "$log" | sed 's/^/    | /' >&2
		die "$what: failed" "The whole log is $log"
	fi
	echo "    done in $((SECONDS - start)) s" >&2
}

# keep_two DIR GLOB: of the folders in it that are named so those two are kept that were used last,
# for two versions of the project, and what a run may still use
keep_two() {
	local old
	find "$1" -maxdepth 1 -name "$2" -printf '%T@ %p\n' | sort -rn | tail -n +3 |
		cut -d ' ' -f 2- | while read -r old; do
		[ -n "$(find "$old" -maxdepth 0 -mmin +120)" ] || continue
		say "Removing an old one: $old"
		rm -rf "$old"
	done
}

# log_dir KIND: makes a directory for the logs of this run; ten of a kind are kept, and
# those of processes that still run
log_dir() {
	local dir old
	dir=$cache/logs/$1/$(date +%Y%m%d-%H%M%S).$$
	mkdir -p "$dir"
	find "$cache/logs/$1" -mindepth 1 -maxdepth 1 -name '[0-9]*' -print0 | sort -rz |
		tail -zn +11 | while IFS= read -rd '' old; do
		kill -0 "${old##*.}" 2>/dev/null || rm -rf -- "$old"
	done
	echo "$dir"
}

# lock NAME: one process at a time, until this one ends
declare -A locked
lock() {
	local file=$cache/lock.$1 fd
	[ -z "${locked[$1]-}" ] || return 0
	mkdir -p "$cache"
	if [ ! -w "$cache" ] || { [ -e "$file" ] && [ ! -w "$file" ]; }; then
		die "$cache isn't this user's" "Was this run as root before? Give it away, or remove it."
	fi
	exec {fd}>>"$file"
	if ! flock -n "$fd"; then
		say "Another run is busy with $1; waiting for it"
		flock "$fd"
	fi
	locked[$1]=yes
}
