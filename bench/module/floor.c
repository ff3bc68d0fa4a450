// SPDX-License-Identifier: GPL-2.0
#include <linux/export.h>

#include "bench.h"

void rcu_headless_bench_empty(const void *object)
{
}
EXPORT_SYMBOL_GPL(rcu_headless_bench_empty);
