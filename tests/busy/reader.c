// SPDX-License-Identifier: GPL-2.0
/*
 * An RCU reader that stays: no grace period ends while it does. What returns
 * meanwhile hasn't waited for one.
 */
#include <linux/cpumask.h>
#include <linux/kstrtox.h>
#include <linux/moduleparam.h>

#include "canary.h"

static struct canary_reader reader;
static bool reading;

/* Writing a CPU's number starts a reader there; -1 has it leave. */
static int reader_set(const char *val, const struct kernel_param *kp)
{
	int cpu, err;

	err = kstrtoint(val, 0, &cpu);
	if (err)
		return err;
	if (reading)
		canary_reader_stop(&reader);
	reading = false;
	if (cpu < 0)
		return 0;
	if (cpu >= nr_cpu_ids || !cpu_online(cpu))
		return -EINVAL;
	/* It would keep even its end from coming. */
	if (num_online_cpus() < 2 && !IS_ENABLED(CONFIG_PREEMPTION))
		return -EBUSY;
	err = canary_reader_start(&reader, cpu);
	reading = !err;
	return err;
}

static const struct kernel_param_ops reader_ops = { .set = reader_set };
module_param_cb(reader, &reader_ops, NULL, 0200);
