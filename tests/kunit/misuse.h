/* SPDX-License-Identifier: GPL-2.0 */
/* Reports that the module makes once for each kind. */
#ifndef _RCU_HEADLESS_TEST_MISUSE_H
#define _RCU_HEADLESS_TEST_MISUSE_H

#include "fixture.h"

/* What the first report of a kind must look like; there is none later. */
static inline bool first_time(bool *told, const char *what, const char *caller)
{
	if (*told)
		return false;
	*told = true;
	report_expected(what, caller);
	return true;
}

static inline void end_report(bool expected)
{
	if (expected)
		report_expected_end();
}

#endif /* _RCU_HEADLESS_TEST_MISUSE_H */
