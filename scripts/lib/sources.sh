# SPDX-License-Identifier: GPL-2.0
#
# For make lint, make check and make mutants: which files the sources are.
# shellcheck shell=bash disable=SC2154

# in_repository: whether $top is a repository of git, and not only inside another
in_repository() {
	local repository
	repository=$(git -C "$top" rev-parse --show-toplevel 2>/dev/null) &&
		[ "$repository" -ef "$top" ]
}

# ignored: for find, what .gitignore names, of which only the simple forms are known
ignored() {
	local pattern type
	while read -r pattern; do
		case $pattern in
		'' | '#'*) continue ;;
		*/)
			type=d
			pattern=${pattern%/}
			;;
		*) type=d,f ;;
		esac
		case $pattern in
		*/*) printf '%s\n' -o -type "$type" -path "./${pattern#/}" ;;
		*) printf '%s\n' -o -type "$type" -name "$pattern" ;;
		esac
	done <"$top/.gitignore"
}

# The sources below $top, a line each: what git knows or would take in, and is there;
# without git, all but what .gitignore names. There must be some.
sources() (
	cd "$top" || exit
	files=() tests=()
	if in_repository; then
		mapfile -t files < <(git ls-files -z --cached --others --exclude-standard |
			tr '\0' '\n' | LC_ALL=C sort -u)
	else
		[ ! -f .gitignore ] || mapfile -t tests < <(ignored)
		mapfile -t files < <(find . \( -path ./.git "${tests[@]}" \) -prune -o \
			-type f -printf '%P\n' | LC_ALL=C sort)
	fi
	found=0
	for file in "${files[@]}"; do
		if [ -f "$file" ]; then
			printf '%s\n' "$file"
			found=1
		fi
	done
	[ $found -eq 1 ] || die "there are no sources in $top" \
		"If .git/info/exclude names them, take the line out; or unpack them again."
)
