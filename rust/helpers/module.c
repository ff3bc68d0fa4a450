// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

#include "helpers.h"

bool rcu_headless_helper_within_module(unsigned long address, const struct module *module)
{
	return within_module(address, module);
}

bool rcu_headless_helper_within_module_init(unsigned long address, const struct module *module)
{
	return within_module_init(address, module);
}
