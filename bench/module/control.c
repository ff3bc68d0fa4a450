// SPDX-License-Identifier: GPL-2.0
/*
 * debugfs: a line written to run, as "call peer=headless size=64 nr=10000", is done
 * at once; result has what came of it.
 */
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kstrtox.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_buf.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "bench.h"

/* Enough for any run. */
#define NR_MAX 10000000
#define THREADS_MAX 64
#define SIZE_MAX_BYTES (4 << 20)

static const struct {
	const char *name;
	int (*run)(struct bench_run *run, struct seq_buf *out);
} measures[] = {
	{ "call", bench_call },
	{ "latency", bench_latency },
	{ "cycle", bench_cycle },
	{ "rcuscale", bench_rcuscale },
	{ "wait", bench_wait },
};

static DEFINE_MUTEX(one_at_a_time);
static char text[2048];
static struct seq_buf result;
static struct dentry *dir;

/* What words set. */
static const struct {
	const char *name;
	size_t offset;
} words[] = {
#define WORD(field) { #field, offsetof(struct bench_run, field) }
	WORD(size),
	WORD(vmalloc),
	WORD(threads),
	WORD(nr),
	WORD(burst),
	WORD(pause_ms),
	WORD(alloc_num),
	WORD(loops),
	WORD(mult),
	WORD(failing),
	WORD(watch),
	WORD(soak),
};

static int parse_word(struct bench_run *run, char *word)
{
	char *value = strchr(word, '=');
	unsigned long number;
	size_t i;

	if (!value)
		return -EINVAL;
	*value++ = '\0';
	if (!strcmp(word, "peer")) {
		run->peer = bench_peer_find(value);
		return run->peer ? 0 : -EINVAL;
	}
	if (kstrtoul(value, 10, &number) || number > NR_MAX)
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i].name, word))
			continue;
		*(unsigned long *)((void *)run + words[i].offset) = number;
		return 0;
	}
	return -EINVAL;
}

static int parse(struct bench_run *run, char *line)
{
	char *word;
	int err;

	while ((word = strsep(&line, " "))) {
		err = *word ? parse_word(run, word) : 0;
		if (err)
			return err;
	}
	if (!run->peer || !run->nr || !run->burst || !run->threads || !run->mult ||
	    run->threads > THREADS_MAX || run->size < sizeof(struct bench_object) ||
	    run->size > SIZE_MAX_BYTES)
		return -EINVAL;
	return 0;
}

static int run_line(char *line)
{
	struct bench_run run = {
		.size = 64, .threads = 1, .nr = 10000, .burst = 1000,
		/* As there. */
		.alloc_num = 8000, .loops = 10, .mult = 1,
	};
	char *name = strsep(&line, " ");
	size_t i;
	int err = parse(&run, line);

	if (err)
		return err;
	for (i = 0; i < ARRAY_SIZE(measures); i++)
		if (!strcmp(measures[i].name, name))
			return measures[i].run(&run, &result);
	return -EINVAL;
}

static ssize_t run_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	char *line __free(kfree) = memdup_user_nul(buf, min_t(size_t, len, PAGE_SIZE));
	int err;

	if (IS_ERR(line))
		return PTR_ERR(no_free_ptr(line));
	guard(mutex)(&one_at_a_time);
	seq_buf_clear(&result);
	err = run_line(strim(line));
	return err ?: len;
}

static ssize_t result_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	guard(mutex)(&one_at_a_time);
	return simple_read_from_buffer(buf, len, pos, text, seq_buf_used(&result));
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = run_write,
};

static const struct file_operations result_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = result_read,
};

static int __init bench_init(void)
{
	seq_buf_init(&result, text, sizeof(text));
	dir = debugfs_create_dir("rcu_headless_bench", NULL);
	debugfs_create_file("run", 0200, dir, NULL, &run_fops);
	debugfs_create_file("result", 0400, dir, NULL, &result_fops);
	return PTR_ERR_OR_ZERO(dir);
}

static void __exit bench_exit(void)
{
	debugfs_remove(dir);
	/* Callbacks of ours. */
	rcu_barrier();
}

module_init(bench_init);
module_exit(bench_exit);
MODULE_DESCRIPTION("Measures rcu_headless against its peers");
MODULE_LICENSE("GPL");
