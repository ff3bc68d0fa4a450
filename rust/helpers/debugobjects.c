// SPDX-License-Identifier: GPL-2.0
#include <linux/debugobjects.h>

#include "helpers.h"

/* Any object may be queued; none has to be announced before. */
static bool is_static_object(void *ptr)
{
	return true;
}

static const struct debug_obj_descr descr = {
	.name = "rcu_headless_object",
	.is_static_object = is_static_object,
};

int rcu_headless_helper_debug_object_activate(void *ptr)
{
	return debug_object_activate(ptr, &descr);
}

void rcu_headless_helper_debug_object_deactivate(void *ptr)
{
	debug_object_deactivate(ptr, &descr);
}

void rcu_headless_helper_debug_object_free(void *ptr)
{
	debug_object_free(ptr, &descr);
}
