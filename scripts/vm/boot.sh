#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/vm/boot.sh FLAVOUR KDIR INITRAMFS run|test|bench|probe DIR SECONDS
#
# Boots a test kernel (um, x86_64, arm64 or a variant of them) and waits for its end,
# SECONDS at most. Leaves in DIR:
#
#   results      what the guest has to say
#   kernel.log   what its kernel has to say
#   end          one line: how it ended, "done" if all is well
#
#   ACCEL=kvm|tcg   for QEMU, instead of finding out whether KVM works
#   ICOUNT=1        for QEMU: time is counted in instructions, one a nanosecond
#   CPUS=n          how many CPUs it has (default: 2 for um, 4 in QEMU)
#   QEMU_MACHINE=...  for arm64: more words for QEMU's machine
#   QEMU_CPU=...      for arm64: which CPU is emulated, instead of one that has everything
#   APPEND=...      more words for the guest's kernel, for the guest or for itself
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
# shellcheck source=../lib/kernels.sh
. "$top/scripts/lib/kernels.sh"
help_if_asked "$@"

[ $# -eq 6 ] || die "what to boot?" "scripts/vm/boot.sh --help"
flavour=$1 kdir=$2 initramfs=$3 mode=$4 dir=$5 seconds=$6

mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
rm -f "$dir/results" "$dir/kernel.log" "$dir/end" "$dir/vm.err"
: >"$dir/results"
: >"$dir/kernel.log"
echo "died: it was never booted" >"$dir/end"

# A kernel that dies ends at once; all its messages are kept. Under emulation a grace period
# takes its time: what hangs is seen by the tests, too.
append="mode=$mode limit=$((seconds / 3)) panic=-1 ignore_loglevel kunit.enable=1"
append="$append rcupdate.rcu_cpu_stall_timeout=100"
if [ "$mode" != bench ]; then
	# What is freed is zeroed, so that who still has it sees that.
	append="$append init_on_free=1"
	# A cache that stands for several can't be told to fail by itself.
	append="$append slab_nomerge"
	# resize2fs opens the device of what is mounted.
	append="$append bdev_allow_write_mounted=1"
fi
# Of the kernel's own tests none is ours to judge.
append="$append kunit.filter_glob=rcu_headless* ${APPEND-}"

boot_um() {
	# What it leaves about goes here and with it.
	local tmp
	tmp=$(mktemp -d)
	cleanup_paths+=("$tmp")
	# Its second console is the third file: results apart from messages.
	# shellcheck disable=SC2054
	vm=(env "TMPDIR=$tmp" "$kdir/linux" mem=1024M "ncpus=${CPUS:-2}" seccomp=on
		"initrd=$initramfs" "uml_dir=$tmp" con=null con0=null,fd:1
		con1=null,fd:3 ssl=null results=tty1)
	read -ra words <<<"$append"
	"${vm[@]}" "${words[@]}" \
		</dev/null >"$dir/kernel.log" 2>"$dir/vm.err" 3>"$dir/results" &
}

# qemu_arguments CPU: puts in ${qemu[@]} what is the same on all architectures; the CPU is the one to emulate
qemu_arguments() {
	local accel=${ACCEL-}
	[ -z "${ICOUNT-}" ] || accel=icount
	[ -n "$accel" ] || accel=$("$top/scripts/vm/accel.sh" "$flavour" "$kdir")
	# shellcheck disable=SC2054
	case $accel in
	kvm) qemu=(-accel kvm -cpu host) ;;
	icount) qemu=(-accel tcg,thread=single -icount shift=0,sleep=off -cpu "$1") ;;
	*) qemu=(-accel "tcg,thread=${threads:-multi}" -cpu "$1") ;;
	esac
	qemu+=(-smp "${CPUS:-4}" -m 1024M -nodefaults -no-user-config -display none -no-reboot
		-initrd "$initramfs" -serial "file:$dir/kernel.log")
}

# image FILE: the kernel as Debian ships it, or as it was built
image() {
	[ -f "$kdir/vmlinuz" ] && echo "$kdir/vmlinuz" || echo "$kdir/$1"
}

boot_x86_64() {
	# While the kernel identifies the boot CPU it has forgotten for a moment that its page
	# tables have five levels; KASAN reports whatever an interrupt accesses then.
	# Its threads can see an instruction that a static key patches half-written ("Oops: int3").
	local threads=
	[[ $flavour != debian* && $flavour != *-keys* ]] || threads=single
	qemu_arguments max,la57=off
	qemu-system-x86_64 "${qemu[@]}" -kernel "$(image arch/x86/boot/bzImage)" \
		-serial "file:$dir/results" \
		-append "console=ttyS0 results=ttyS1 preempt=full $append" \
		</dev/null >"$dir/vm.err" 2>&1 &
}

# The machine has one serial port that a kernel sees, so results take a console of virtio's.
boot_arm64() {
	local machine=virt${QEMU_MACHINE:+,$QEMU_MACHINE} command=qemu-system-aarch64
	if [[ $flavour = arm64-tags* ]]; then
		machine+=,mte=on command=$top/scripts/vm/qemu-tags.sh
	fi
	# What the machine can't lend to a guest is emulated.
	[ "$machine${QEMU_CPU-}" = virt ] || local ACCEL=tcg
	# What QEMU calls the architected way to sign pointers takes most of the time.
	qemu_arguments "${QEMU_CPU:-max,pauth-impdef=on}"
	"$command" -M "$machine" "${qemu[@]}" \
		-kernel "$(image arch/arm64/boot/Image)" \
		-device virtio-serial-pci -chardev "file,id=results,path=$dir/results" \
		-device virtconsole,chardev=results \
		-append "console=ttyAMA0 results=hvc0 preempt=full $append" \
		</dev/null >"$dir/vm.err" 2>&1 &
}

# In the background, so that an interrupt is acted upon at once. Killed if it comes
# to that, since UML makes no good end of SIGTERM.
status=0
start=$SECONDS
hung=false
"boot_$(kernel_arch "$flavour")"
vm_pid=$!
cleanup_vms+=("$vm_pid")
# Without the shell's own words on a child that was killed.
{
	while kill -0 "$vm_pid"; do
		if [ $((SECONDS - start)) -ge "$seconds" ]; then
			hung=true
			kill -KILL "$vm_pid"
			break
		fi
		sleep 0.2
	done
	wait "$vm_pid" || status=$?
} 2>/dev/null
cleanup_vms=()
# Serial lines end in CR LF, and so does UML's console.
sed -i 's/\r$//' "$dir/kernel.log" "$dir/results"

if grep -q '^rcu_headless: guest done$' "$dir/results" && [ $status -eq 0 ]; then
	end="done"
elif grep -q 'Kernel panic' "$dir/kernel.log"; then
	end="the kernel panicked: $(grep -m 1 -o 'Kernel panic.*' "$dir/kernel.log")"
elif $hung; then
	end="hung: no end after $seconds s"
else
	end="died: it ended with status $status before the guest was done"
	# When the kernel never said a word, its host may have said why.
	[ -s "$dir/kernel.log" ] || end="$end: $(grep . "$dir/vm.err" | tail -n 1)"
fi
sed -i '/^rcu_headless: guest done$/d' "$dir/results"
echo "$end" >"$dir/end"
[ "$end" = "done" ]
