/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What bindgen translates for rust/bindings.rs: what kernel::bindings lacks,
 * and our own header, so that api.rs is checked against it.
 */
#include <linux/rcu_headless.h>

#include "../helpers/helpers.h"
#include "../helpers/trace.h"
