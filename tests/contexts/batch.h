/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects and a reserve that were made beforehand, for code that can't: each call
 * frees one of them, by turns with _try() and with _reserved(), until all are gone.
 */
#ifndef _RCU_HEADLESS_BATCH_H
#define _RCU_HEADLESS_BATCH_H

#include <linux/types.h>

/* Fewer than a CPU has room for. */
#define BATCH_MAX 400

/* Process context; nobody may be in batch_free_one() meanwhile. */
int batch_make(unsigned int nr);
/* Frees what is left, and waits for all. */
void batch_end(void);

/* Any context. False when none is left. */
bool batch_free_one(void);
/* Whether all are gone. */
bool batch_is_empty(void);

#endif /* _RCU_HEADLESS_BATCH_H */
