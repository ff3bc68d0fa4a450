/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What static_branch_unlikely!() includes from the kernel's build, in its place where headers
 * that have Rust's metadata lack this file: see Kbuild.
 */
#include <linux/jump_label.h>

// Cut here.
::kernel::concat_literals!(ARCH_STATIC_BRANCH_ASM("{symb} + {off} + {branch}", "{l_yes}"))
