/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How arm64 reads where this CPU's data is: from one of two registers, patched when the kernel
 * knows which. For asm!() in arm64.rs; Kbuild makes arm64_offset.rs of this.
 */
#include <asm/alternative.h>

// Cut here.
::kernel::concat_literals!(ALTERNATIVE("mrs {offset}, tpidr_el1", "mrs {offset}, tpidr_el2", ARM64_HAS_VIRT_HOST_EXTN))
