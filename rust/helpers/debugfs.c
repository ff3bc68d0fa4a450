// SPDX-License-Identifier: GPL-2.0
/*
 * Inline functions on kernels without debugfs.
 */
#include <linux/debugfs.h>

#include "helpers.h"

struct dentry *rcu_headless_helper_debugfs_create_dir(const char *name)
{
	return debugfs_create_dir(name, NULL);
}

void rcu_headless_helper_debugfs_create_file(const char *name, umode_t mode,
					     struct dentry *dir, void *data,
					     const struct file_operations *fops)
{
	debugfs_create_file(name, mode, dir, data, fops);
}

void rcu_headless_helper_debugfs_remove(struct dentry *dir)
{
	debugfs_remove(dir);
}
