// SPDX-License-Identifier: GPL-2.0
/*
 * Not compiled. As module.c, for waits that protect more than the memory, as may be told by
 * what else the object has to do with.
 */
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

struct port {
	struct list_head list;
	struct peer __rcu *peer;
};

/* not_convertible adjacent: who has asked for it starts the queue again */
static void stop_selecting(struct node *node)
{
	hash_del_rcu(&node->hnode);
	/*
	 * Nobody must select the queue any more when this
	 * returns, for it to be started again.
	 */
	synchronize_net();
	kfree(node);
}

/* convertible_module adjacent: of the same kind, but it's the memory */
static void forget_node(struct node *node)
{
	hash_del_rcu(&node->hnode);
	/* Readers may have it still: wait with freeing it. */
	synchronize_net();
	kfree(node);
}

/* convertible_module adjacent: that is about what comes before */
static void forget_other(struct node *node)
{
	hash_del_rcu(&node->hnode); /* from now on */
	synchronize_net();
	kfree(node);
}

/**
 * port_enable() - has a port for a peer
 * @net: where
 * @peer: which
 */
/* not_convertible adjacent: the caller frees the peer when this fails */
int port_enable(struct net *net, struct peer *peer)
{
	struct port *port = kzalloc_obj(*port);

	if (!port)
		return -ENOMEM;
	rcu_assign_pointer(port->peer, peer);
	list_add_rcu(&port->list, &net->ports);
	if (!port_start(port))
		return 0;
	list_del_rcu(&port->list);
	synchronize_rcu();
	kfree(port);
	return -EIO;
}

/* convertible_module adjacent: nobody else has to do with it */
int port_open(struct net *net)
{
	struct port *port = kzalloc_obj(*port);

	if (!port)
		return -ENOMEM;
	list_add_rcu(&port->list, &net->ports);
	if (!port_start(port))
		return 0;
	list_del_rcu(&port->list);
	synchronize_rcu();
	kfree(port);
	return -EIO;
}

/* not_convertible adjacent: the caller goes on to free the peer */
void port_delete(struct net *net, struct peer *peer)
{
	struct port *port = port_of(net, peer);

	list_del_rcu(&port->list);
	synchronize_rcu();
	kfree(port);
}

/* not_convertible several: what has them goes next */
void broadcast_stop(struct broadcast *b)
{
	synchronize_net();
	kfree(b->base);
	kfree(b->link);
}

/* convertible_module several: with what has them */
void broadcast_free(struct broadcast *b)
{
	synchronize_net();
	kfree(b->base);
	kfree(b);
}

/* convertible_module adjacent: what has it stays */
void broadcast_clear(struct broadcast *b)
{
	synchronize_net();
	kfree(b->base);
	b->base = NULL;
}

/* not_convertible guarded: else the spare one is used again */
void swap_tables(struct tables *t, struct table *new)
{
	struct table *old = t->primary;

	rcu_assign_pointer(t->primary, new);
	synchronize_rcu();
	if (t->closing)
		kfree(old);
}

/* not_convertible guarded: as above, over more lines */
void swap_larger_tables(struct tables *t, struct table *new)
{
	struct table *old = t->primary;

	rcu_assign_pointer(t->primary, new);
	synchronize_rcu();
	if (t->closing &&
	    (t->size > 1 || new->size > 1)) {
		kfree(old);
	}
}

/* not_convertible adjacent: that would call itself */
void kvfree_call_rcu(struct rcu_head *head, void *ptr)
{
	synchronize_rcu();
	kvfree(ptr);
}
