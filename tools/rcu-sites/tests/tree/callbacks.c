// SPDX-License-Identifier: GPL-2.0
/* Not compiled. As module.c, for callbacks. */
#include <linux/rcupdate.h>
#include <linux/slab.h>

static void free_rcu_entry(struct rcu_head *head)
{
	struct entry *e = container_of(head, struct entry, rcu);

	kfree(e);
}

/* atomic_needs_try_or_reserve call_rcu: a spinlock is held */
void remove_locked(struct entry *e)
{
	spin_lock_bh(&entries_lock);
	list_del_rcu(&e->list);
	call_rcu(&e->rcu, free_rcu_entry);
	spin_unlock_bh(&entries_lock);
}

/* convertible_module call_rcu: a mutex is held */
void remove_in_task(struct entry *e)
{
	mutex_lock(&entries_mutex);
	list_del_rcu(&e->list);
	mutex_unlock(&entries_mutex);
	call_rcu(&e->rcu, free_rcu_entry);
}

static void free_rcu_list(struct rcu_head *head)
{
	struct schedule *s = container_of(head, struct schedule, rcu);
	struct entry *e, *next;

	list_for_each_entry_safe(e, next, &s->entries, list) {
		list_del(&e->list);
		kfree(e);
	}
	kfree(s);
}

/* atomic_needs_try_or_reserve call_rcu_of_several: nothing tells that it may sleep */
void switch_schedules(struct schedule *old)
{
	call_rcu(&old->rcu, free_rcu_list);
}

static void put_rcu_entry(struct rcu_head *head)
{
	struct entry *e = container_of(head, struct entry, rcu);

	put_device(e->dev);
	kfree(e);
}

/* The callback does more. */
void remove_and_put(struct entry *e)
{
	call_rcu(&e->rcu, put_rcu_entry);
}

struct carrier {
	struct rcu_head rcu;
	void *memory;
};

static void free_carried(struct rcu_head *head)
{
	struct carrier *c = container_of(head, struct carrier, rcu);

	kvfree(c->memory);
	kfree(c);
}

/* convertible_module carrier */
void free_array_rcu(void *array)
{
	struct carrier *c = kzalloc(sizeof(*c), GFP_KERNEL);

	if (c) {
		c->memory = array;
		call_rcu(&c->rcu, free_carried);
		return;
	}
	synchronize_rcu();
	kvfree(array);
}
