# SPDX-License-Identifier: GPL-2.0
#
# Where Debian's archive is, and how what comes from there is checked.
# shellcheck shell=bash disable=SC2034

debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

check_keyring() {
	[ -r $debian_keyring ] || die "no $debian_keyring" "apt-get install debian-archive-keyring"
}

# debian_site: the mirror that this machine uses already. Others' archives may have suites of
# the same names; before the first update apt can't tell which are Debian's.
debian_site() {
	local codename site
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
	# shellcheck disable=SC2016
	site=$({
		apt-get indextargets --format '$(SITE) $(RELEASE) $(ORIGIN)'
		apt-get indextargets --no-release-info --format '$(SITE) $(RELEASE) Debian'
	} | awk -v release="$codename" '
		$3 == "Debian" && ($2 == release || $2 == "stable" || $2 == "oldstable") && !n++ {
			print $1
		}')
	[ -n "$site" ] || die "apt has no source for Debian $codename to take a mirror from" \
		"See /etc/apt/sources.list and /etc/apt/sources.list.d"
	echo "$site"
}

# own_apt DIR SUITES [ARCHITECTURE]: puts in ${apt_get[@]} an apt-get with lists of its own in DIR,
# for this machine's architecture or another. The system's own lists stay as they are.
own_apt() {
	local site
	site=$(debian_site)
	check_keyring
	mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
	cat >"$1/debian.sources" <<-EOF
		Types: deb
		URIs: $site
		Suites: $2
		Components: main
		Signed-By: $debian_keyring
	EOF
	apt_get=(apt-get -q
		-o "Dir::Etc::SourceList=$1/debian.sources"
		-o Dir::Etc::SourceParts=/dev/null
		-o "Dir::State::Lists=$1/lists"
		-o "Dir::Cache=$1/cache"
		-o "APT::Sandbox::User=$(id -un)"
		# Else a mirror out of reach is but a warning, and no package a riddle.
		-o APT::Update::Error-Mode=any)
	[ $# -eq 2 ] || apt_get+=(-o "APT::Architecture=$3" -o "APT::Architectures=$3")
}
