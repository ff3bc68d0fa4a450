# SPDX-License-Identifier: GPL-2.0
#
# The test kernels: scripts/build/kernels/flavours says which there are, and which files
# beside it have their options.
# shellcheck shell=bash disable=SC2154

kernels_dir=$top/scripts/build/kernels

# kernel_series KERNEL: of Linux, if the name ends with one, as in um-7.2
kernel_series() {
	[[ ! $1 =~ -([0-9]+\.[0-9]+)$ ]] || echo "${BASH_REMATCH[1]}"
}

# kernel_kind KERNEL: its name without that
kernel_kind() {
	local series
	series=$(kernel_series "$1")
	echo "${1%"${series:+-$series}"}"
}

# kernel_arch KERNEL: ARCH= for make
kernel_arch() {
	case ${1#debian-} in
	um | um-*) echo um ;;
	arm64 | arm64-*) echo arm64 ;;
	*) echo x86_64 ;;
	esac
}

# is_native KERNEL: whether programs of this machine run on it
is_native() {
	case $(kernel_arch "$1")/$(uname -m) in
	um/* | x86_64/x86_64 | arm64/aarch64) ;;
	*) return 1 ;;
	esac
}

# cross_prefix KERNEL: what the names of the tools for it begin with, as in CROSS_COMPILE=
cross_prefix() {
	is_native "$1" || case $(kernel_arch "$1") in
	arm64) echo aarch64-linux-gnu- ;;
	x86_64) echo x86_64-linux-gnu- ;;
	esac
}

# kernel_files KERNEL: the files with its options, that of its series last
kernel_files() {
	local series
	series=linux-$(kernel_series "$1")
	[ -f "$kernels_dir/$series.config" ] || series=
	awk -v kernel="$(kernel_kind "$1")" -v directory="$kernels_dir" -v series="$series" '
		/^[^#]/ && $1 == kernel {
			$0 = $0 " " series
			for (i = 2; i <= NF; i++)
				print directory "/" $i ".config"
		}
	' "$kernels_dir/flavours"
}

# kernel_options KERNEL: of two values for one option the last is taken
kernel_options() {
	local files
	mapfile -t files < <(kernel_files "$1")
	[ ${#files[@]} -gt 0 ] || die "no such kernel: '$1'" \
		"There are: $(awk '/^[^#]/ { print $1 }' "$kernels_dir/flavours" | paste -sd ' ')"
	awk -F = '/^CONFIG_/ { value[$1] = $0 } END { for (o in value) print value[o] }' \
		"${files[@]}" | sort
}

# has_option OPTION: whether it is set in $options
has_option() {
	grep -qxF "CONFIG_$1=y" <<<"$options"
}
