#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/build/prometheus.sh
#
# Has promtool and prometheus-node-exporter of Debian 12 and of Debian 13 in the cache, for
# make lint, each in a folder, whose names it prints. Their packages are downloaded with apt,
# signatures checked, and unpacked: nothing is installed, no service started. 45 MiB once, and
# of lists of packages 20, which aren't kept.
#
#   DEPS=skip   download nothing; print those that are there, and fail if one isn't
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
# shellcheck source=../lib/debian.sh
. "$top/scripts/lib/debian.sh"
help_if_asked "$@"
no_arguments "$@"

# In Debian 12 promtool is in a package with all else.
suites="bookworm trixie"
declare -A packages=([bookworm]=prometheus [trixie]=promtool)
folder=$cache/prometheus

missing=()
look() {
	local suite
	missing=()
	for suite in $suites; do
		[ -d "$folder/$suite" ] || missing+=("$suite")
	done
}

look
if [ ${#missing[@]} -gt 0 ] && [ "${DEPS-}" != skip ]; then
	lock prometheus
	look
fi
if [ ${#missing[@]} -gt 0 ] && [ "${DEPS-}" != skip ]; then
	command -v apt-get >/dev/null || die "no apt-get to get Prometheus' tools with"
	mkdir -p "$folder"
	work=$(mktemp -d "$folder/tmp.XXXXXX")
	cleanup_paths+=("$work")
	own_apt "$work" "${missing[*]}"
	apt_get+=(-o Acquire::Languages=none
		-o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false)
	# Below step a failure ends nothing by itself.
	one_suite() {
		local package
		mkdir "$work/$1" && cd "$work/$1" || return
		for package in "${packages[$1]}" prometheus-node-exporter; do
			"${apt_get[@]}" download "$package/$1" || return
		done
		for package in *.deb; do
			dpkg-deb -x "$package" unpacked || return
		done
		mv unpacked/usr/bin/{promtool,prometheus-node-exporter} . &&
			rm -r unpacked ./*.deb &&
			./promtool --version && ./prometheus-node-exporter --version
	}
	download() {
		local suite
		"${apt_get[@]}" update || return
		for suite in "${missing[@]}"; do
			one_suite "$suite" || return
		done
	}
	step "Downloading Prometheus' tools of Debian ${missing[*]}" \
		"$cache/logs/prometheus.log" download
	for suite in "${missing[@]}"; do
		mv "$work/$suite" "$folder/$suite"
	done
	look
fi
for suite in $suites; do
	[ ! -d "$folder/$suite" ] || echo "$folder/$suite"
done
[ ${#missing[@]} -eq 0 ] || die "missing: Prometheus' tools of Debian ${missing[*]} in $folder" \
	"Run scripts/build/prometheus.sh without DEPS=skip"
