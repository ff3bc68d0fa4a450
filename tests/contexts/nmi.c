// SPDX-License-Identifier: GPL-2.0
/*
 * Calls in non-maskable interrupts, which CPUs send to each other and to themselves.
 */
#include <linux/cpu.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/preempt.h>
#include <asm/apic.h>
#include <asm/nmi.h>

#include "batch.h"

/* The CPUs that one was sent to and that haven't had it. */
static struct cpumask expected;
static atomic_t nmis;

static int on_nmi(unsigned int type, struct pt_regs *regs)
{
	if (!cpumask_test_and_clear_cpu(raw_smp_processor_id(), &expected))
		return NMI_DONE;
	WARN_ON_ONCE(!in_nmi());
	atomic_inc(&nmis);
	batch_free_one();
	return NMI_HANDLED;
}

static void send_to_all(void)
{
	unsigned int cpu;

	/* No CPU may go meanwhile. */
	cpus_read_lock();
	cpumask_copy(&expected, cpu_online_mask);
	preempt_disable();
	__apic_send_IPI_mask(cpu_online_mask, NMI_VECTOR);
	preempt_enable();
	/* Not cpumask_empty(), which isn't for masks that change. */
	for_each_online_cpu(cpu)
		while (cpumask_test_cpu(cpu, &expected))
			cpu_relax();
	cpus_read_unlock();
}

/* Writing a number frees so many objects, one in each of that many NMIs. */
static int nmi_set(const char *val, const struct kernel_param *kp)
{
	unsigned int nr;
	int err;

	err = kstrtouint(val, 0, &nr);
	err = err ?: batch_make(nr);
	if (err)
		return err;
	err = register_nmi_handler(NMI_LOCAL, on_nmi, 0, "rcu_headless_contexts");
	if (!err) {
		while (!batch_is_empty())
			send_to_all();
		unregister_nmi_handler(NMI_LOCAL, "rcu_headless_contexts");
	}
	batch_end();
	return err;
}

static int nmi_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", atomic_read(&nmis));
}

static const struct kernel_param_ops nmi_ops = { .set = nmi_set, .get = nmi_get };
module_param_cb(nmi, &nmi_ops, NULL, 0600);
