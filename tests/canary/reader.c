// SPDX-License-Identifier: GPL-2.0
#include <linux/err.h>
#include <linux/export.h>
#include <linux/kthread.h>
#include <linux/rcupdate.h>

#include "canary.h"

static int reader_thread(void *arg)
{
	struct canary_reader *reader = arg;

	rcu_read_lock();
	complete(&reader->entered);
	/*
	 * Busy: a reader may not sleep. Without cpu_relax(), which takes an emulator that
	 * counts instructions longer than a thousand others.
	 */
	while (!READ_ONCE(reader->leave))
		;
	reader->nr_lost = reader->nr -
		canary_count_alive(reader->objects, reader->nr);
	rcu_read_unlock();
	complete(&reader->left);
	return 0;
}

int canary_reader_start(struct canary_reader *reader, unsigned int cpu)
{
	init_completion(&reader->entered);
	init_completion(&reader->left);
	reader->leave = false;
	reader->nr_lost = 0;
	reader->task = kthread_create_on_cpu(reader_thread, reader, cpu,
					     "canary_reader/%u");
	if (IS_ERR(reader->task))
		return PTR_ERR(reader->task);
	wake_up_process(reader->task);
	wait_for_completion(&reader->entered);
	return 0;
}
EXPORT_SYMBOL_GPL(canary_reader_start);

void canary_reader_stop(struct canary_reader *reader)
{
	WRITE_ONCE(reader->leave, true);
	wait_for_completion(&reader->left);
}
EXPORT_SYMBOL_GPL(canary_reader_stop);
