// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel thread that keeps a CPU to itself, as real-time programs do: nothing
 * below its priority runs there. RCU isn't held up by it.
 */
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kstrtox.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <uapi/linux/sched/types.h>

static struct task_struct *hog;
static DECLARE_COMPLETION(hog_begun);

/* Until it is told to end, or so long: who is to tell it may wait for what it keeps off. */
static unsigned int hog_ms;
module_param(hog_ms, uint, 0600);

static int hog_thread(void *arg)
{
	unsigned int ms = READ_ONCE(hog_ms), cpu = (unsigned long)arg;
	unsigned long end = jiffies + msecs_to_jiffies(ms);

	complete(&hog_begun);
	while (!kthread_should_stop() && raw_smp_processor_id() == cpu &&
	       (!ms || time_before(jiffies, end))) {
		cond_resched();
		cpu_relax();
	}
	/* A CPU that goes sends it elsewhere: it hogs no other, which may be needed. */
	set_current_state(TASK_INTERRUPTIBLE);
	while (!kthread_should_stop()) {
		schedule();
		set_current_state(TASK_INTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static void hog_stop(void)
{
	if (hog)
		kthread_stop(hog);
	hog = NULL;
}

static int hog_start(unsigned int cpu)
{
	const struct sched_attr attr = {
		.sched_policy = SCHED_FIFO,
		/* The highest is for RCU's threads, where they need one (PREEMPT_RT). */
		.sched_priority = MAX_RT_PRIO - 2,
	};
	struct task_struct *task;

	if (cpu >= nr_cpu_ids || !cpu_online(cpu))
		return -EINVAL;
	task = kthread_create(hog_thread, (void *)(unsigned long)cpu, "hog/%u", cpu);
	if (IS_ERR(task))
		return PTR_ERR(task);
	hog = task;
	/* Not a thread of the CPU in the kernel's sense: for these a CPU that goes waits. */
	kthread_bind(hog, cpu);
	sched_setattr_nocheck(hog, &attr);
	reinit_completion(&hog_begun);
	wake_up_process(hog);
	wait_for_completion(&hog_begun);
	return 0;
}

/* Writing a CPU's number hogs it; -1 ends that. */
static int hog_set(const char *val, const struct kernel_param *kp)
{
	int cpu, err;

	err = kstrtoint(val, 0, &cpu);
	if (err)
		return err;
	hog_stop();
	return cpu < 0 ? 0 : hog_start(cpu);
}

static const struct kernel_param_ops hog_ops = { .set = hog_set };
module_param_cb(hog, &hog_ops, NULL, 0200);

static void __exit hog_exit(void)
{
	hog_stop();
}

module_exit(hog_exit);
MODULE_DESCRIPTION("CPUs that are busy, and readers that stay");
MODULE_LICENSE("GPL");
