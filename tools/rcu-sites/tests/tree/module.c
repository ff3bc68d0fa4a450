// SPDX-License-Identifier: GPL-2.0
/*
 * Not compiled. What find-sites is to say of each function is told before it: the
 * verdict and the pattern, or nothing.
 */
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

/* convertible_module adjacent */
void replace(struct holder *h, struct table *new)
{
	struct table *old = rcu_dereference_protected(h->table, 1);

	rcu_assign_pointer(h->table, new);
	synchronize_rcu();
	kfree(old);
}

/* convertible_module guarded */
int replace_guarded(struct holder *h, struct table *new)
{
	struct table *old;

	mutex_lock(&h->lock);
	old = h->table;
	rcu_assign_pointer(h->table, new);
	mutex_unlock(&h->lock);
	if (!old)
		return 0;
	synchronize_rcu_expedited();
	if (old->size)
		kvfree(old);
	pr_info("replaced\n");
	return 0;
}

/* convertible_module several */
void remove_entry(struct entry *e)
{
	list_del_rcu(&e->list);
	synchronize_net();
	kfree(e->name);
	vfree(e->data);
	kfree(e);
	mutex_unlock(&entries_lock);
}

static void free_entry(struct entry *e)
{
	kfree(e->name);
	kfree(e);
}

/* convertible_module free_in_callee */
void remove_by_callee(struct entry *e)
{
	list_del_rcu(&e->list);
	synchronize_rcu();
	free_entry(e);
}

static void unlink_and_wait(struct entry *e)
{
	list_del_rcu(&e->list);
	synchronize_rcu();
}

/* not_convertible wait_in_callee: remove_and_reuse() needs the wait as well */
void remove_waiting_below(struct entry *e)
{
	unlink_and_wait(e);
	kfree(e);
}

/* Reuse after the wait. */
void remove_and_reuse(struct entry *e)
{
	unlink_and_wait(e);
	entry_init(e);
}

/* not_convertible adjacent: put after the wait */
void remove_and_put(struct entry *e)
{
	list_del_rcu(&e->list);
	synchronize_rcu();
	put_device(e->dev);
	kfree(e);
}

/* not_convertible several: it is used again */
void remove_and_reset(struct entry *e)
{
	list_del_rcu(&e->list);
	synchronize_rcu();
	e->users = 0;
	kfree(e->data);
	e->data = kzalloc(8, GFP_KERNEL);
	list_add(&e->list, &unused_entries);
	kfree(e->name);
}

/* not_convertible other_free */
void remove_secret(struct entry *e)
{
	list_del_rcu(&e->list);
	synchronize_rcu();
	kfree_sensitive(e);
}

/* not_convertible adjacent: callers may unload what was called */
void entry_unregister(struct entry *e)
{
	list_del_rcu(&e->list);
	synchronize_rcu();
	kfree(e);
}
EXPORT_SYMBOL_GPL(entry_unregister);

struct hook {
	struct list_head list;
	int (*call)(struct hook *hook, int value);
};

/* not_convertible adjacent: readers may be in the hook's function */
void remove_hook(struct hook *hook)
{
	list_del_rcu(&hook->list);
	synchronize_rcu();
	kfree(hook);
}

/* not_convertible adjacent: readers run the module's code */
static void __exit entries_exit(void)
{
	cancel_readers();
	synchronize_rcu();
	kfree(entries);
}

/* convertible_module adjacent: the guard is no reason */
void replace_guard(struct holder *h, struct table *new)
{
	struct table *old;

	scoped_guard(mutex, &h->lock) {
		old = h->table;
		rcu_assign_pointer(h->table, new);
	}
	synchronize_rcu();
	kfree(old);
}

/* not_convertible adjacent: readers have set what is set again */
void detach_led(struct led *led, char *event)
{
	list_del_rcu(&led->list);
	synchronize_rcu();
	led_set(led, 0);
	kfree(event);
}

/* not_convertible adjacent: the caller frees what the entry points to */
static void bus_detach(struct device *dev)
{
	struct entry *e = dev->entry;

	list_del_rcu(&e->list);
	synchronize_rcu();
	kfree(e);
}

static const struct handler handler = {
	.detach = bus_detach,
};

/* convertible_module adjacent: what comes after the free has nothing to do with it */
int replace_and_put(struct file *file, char *new)
{
	char *old = file->name;

	rcu_assign_pointer(file->name, new);
	synchronize_rcu();
	kfree(old);
	dentry_put(dentry_of_file);
	return 0;
}

/* not_convertible adjacent: the wait is one of the steps in which the unit goes */
int start_unit(struct unit *unit, char *args)
{
	int err = unit_start(unit);

	if (!err)
		return 0;
	unit_release_hooks(unit);
	synchronize_rcu();
	kfree(args);
	unit_free(unit);
	return err;
}

/* already_converted kvfree_rcu_mightsleep */
void replace_converted(struct holder *h, struct table *new)
{
	struct table *old = rcu_replace_pointer(h->table, new, 1);

	kvfree_rcu_mightsleep(old);
}

/* Nothing is freed. */
void wait_only(struct holder *h)
{
	WRITE_ONCE(h->closed, true);
	synchronize_rcu();
	wake_up(&h->wait);
}

/* Freed before the wait: another's. */
void free_first(struct holder *h)
{
	kfree(h->scratch);
	synchronize_rcu();
}
