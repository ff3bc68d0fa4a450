// SPDX-License-Identifier: GPL-2.0
/* Not compiled. As module.c, for waits and frees in functions that are called. */
#include <linux/rcupdate.h>
#include <linux/slab.h>

static void free_pair(struct entry *e);

static void detach(struct entry *e)
{
	spin_lock(&entries_lock);
	list_del_rcu(&e->list);
	spin_unlock(&entries_lock);
	synchronize_rcu();
}

/* convertible_module wait_in_callee: nobody else needs the wait */
void close_entry(struct entry *e)
{
	detach(e);
	kfree(e);
}

/* convertible_module wait_in_callee: as above */
int open_entry(struct entry *e)
{
	int err = start(e);

	if (err) {
		detach(e);
		kfree(e);
	}
	return err;
}

/* convertible_module wait_in_callee: and the frees are in another one */
void close_pair(struct entry *e)
{
	detach(e);
	free_pair(e);
	free_pair(e->other);
}

static void free_pair(struct entry *e)
{
	kfree(e->name);
	kfree(e);
}

static void ops_detach(struct entry *e)
{
	list_del_rcu(&e->list);
	synchronize_rcu();
}

/* not_convertible wait_in_callee: the callee is called by a pointer as well */
void close_ops(struct entry *e)
{
	ops_detach(e);
	kfree(e);
}

static const struct entry_ops entry_ops = {
	.quiesce = ops_detach,
};

void shared_detach(struct entry *e)
{
	list_del_rcu(&e->list);
	synchronize_rcu();
}

/* not_convertible wait_in_callee: the callee isn't static */
void close_shared(struct entry *e)
{
	shared_detach(e);
	kfree(e);
}

static void free_entry(struct entry *e)
{
	kfree(e->name);
	kfree(e);
}

/* The one above is needed as it is. */
void never_seen(struct entry *e)
{
	free_entry(e);
}

/* convertible_module free_in_callee */
void free_below(struct entry *e)
{
	list_del_rcu(&e->list);
	synchronize_rcu();
	free_entry(e);
}

static void free_all(struct schedule *s)
{
	struct entry *e, *next;

	list_for_each_entry_safe(e, next, &s->entries, list) {
		list_del(&e->list);
		kfree(e);
	}
	kfree(s);
}

/* convertible_module free_in_callee: by hand, readers would see what list_del() does */
void free_list_below(struct schedule *s)
{
	rcu_assign_pointer(schedule, NULL);
	synchronize_rcu();
	free_all(s);
}

static void free_parts(struct rcu_head *head)
{
	struct entry *e = container_of(head, struct entry, rcu);

	kfree(e->name);
	kfree(e);
}

/* convertible_module call_rcu_of_several */
void replace_parts(struct entry *e)
{
	struct entry *old;

	mutex_lock(&entries_mutex);
	old = rcu_replace_pointer(current_entry, e, true);
	mutex_unlock(&entries_mutex);
	if (old)
		call_rcu(&old->rcu, free_parts);
}

struct saved {
	const char *text;
	struct rcu_head rcu;
};

static void free_saved(struct rcu_head *head)
{
	struct saved *s = container_of(head, struct saved, rcu);

	kfree(s->text);
	kfree(s);
}

/* convertible_module carrier: no memory for it is a failure */
int set_text(struct entry *e, const char *text)
{
	struct saved *saved;
	int err = 0;

	text = kstrdup(text, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	saved = kzalloc_obj(*saved);
	if (!saved)
		goto out_free;
	saved->text = rcu_dereference_raw(e->text);
	rcu_assign_pointer(e->text, text);
	call_rcu(&saved->rcu, free_saved);
out:
	return err;
out_free:
	kfree(text);
	err = -ENOMEM;
	goto out;
}
