# SPDX-License-Identifier: GPL-2.0
"""What functions of the kernel do, as far as it matters here, by their names."""

import re

WAITS = {"synchronize_rcu", "synchronize_rcu_expedited", "synchronize_net"}
FREES = {"kfree", "kvfree", "vfree"}
CALL_RCU = {"call_rcu", "call_rcu_hurry"}
CONVERTED = {"kvfree_rcu_mightsleep", "kfree_rcu_mightsleep", "kvfree_rcu_headless",
             "kfree_rcu_headless"}

# What those that are in the kernel do, when they can't but wait.
IMPLEMENTATION = {"kvfree_call_rcu"}

# Memory, but not of a kind that these free, or not just freed.
OTHER_FREES = re.compile(
    r"^(kv?free_sensitive|kzfree|kmem_cache_free.*|free_percpu|mempool_free|\w*kfree_skb\w*|"
    r"free_pages?|__free_pages?|dma_free_\w+|bitmap_free|kfree_const|kvfree_const|"
    r"free_cpumask_var)$")

# These look, tell, or give a lock back: they need no readers gone.
HARMLESS = re.compile(
    r"^(\w*unlock\w*|up_(read|write)|up|(pr|dev|net|netdev|wiphy|ath\d*k?|drm|ibdev|hid|sdev|"
    r"scmd|btrfs|ext4|xfs|nfs|nvme|mlx\w*|bt_dev|batadv|tipc|wg)_?(dbg|debug|info|notice|warn|"
    r"err|alert|crit|vdbg|printk|msg)\w*|printk\w*|trace_\w+|(VM_|KVM_)?(WARN|BUG)\w*|"
    r"lockdep_\w+|ASSERT\w*|might_\w+|IS_ERR\w*|PTR_ERR\w*|ERR_PTR|ERR_CAST|(un)?likely|"
    r"container_of|ARRAY_SIZE|min|max|READ_ONCE|rcu_dereference\w*|rcu_access_pointer|"
    r"rtnl_dereference|\w*list_\w*empty\w*|\w*(list|hash|bit|idr|xa|rb)\w*_for_each\w*|"
    r"for_each_\w+|(h|n)?list_(entry|first|last|next)\w*|hlist_\w*entry\w*|rb_(first|next|"
    r"entry)\w*|xas?_unlock\w*|preempt_enable\w*|local_\w*(enable|restore)\w*|test_bit|"
    r"cond_resched|to_\w+|\w+_priv|netdev_priv|wiphy_name|dev_name|str\w*|mem(cpy|set|cmp)|"
    r"snprintf|scnprintf|current_\w+|atomic\w*_(dec|inc|sub|add|read|set)|refcount_read|"
    r"ktime_get\w*|jiffies\w*|skb_\w*len|nla_\w+|nlmsg_\w+|sizeof|__builtin\w*|ns_to_\w+|"
    r"kref_read|(un)?(likely)|DBG\w*|\w*_?(dbg|debug|DEBUG|DBG)|mutex_is_locked|capable|"
    r"ns_capable|static_branch_(dec|disable)\w*|static_key_slow_dec\w*)$")

# These end the life of something: they may well rely on readers being gone.
ENDS = re.compile(
    r"(^|_)(un\w*register\w*|unreg|destroy\w*|put|put_\w+|release\w*|free\w*|remove\w*|del|"
    r"delete\w*|stop\w*|disable\w*|exit\w*|cleanup\w*|clean|deinit\w*|uninit\w*|fini\w*|"
    r"shutdown|close\w*|detach\w*|unbind|clear\w*|reset\w*|flush\w*|kill\w*|cancel\w*|"
    r"drain\w*|unmap\w*|disconnect\w*|teardown\w*|unset\w*|drop\w*|unload\w*|unhash\w*|"
    r"dealloc\w*|purge\w*|unlink\w*|deactivate\w*|disassociate\w*|detached|leave\w*|"
    r"kobject_put|barrier|dismantle|offline|abort\w*|undo\w*|complete\w*|wake_up\w*|sync|"
    r"wait\w*|down|downgrade\w*)(_|$)")

# After these, readers that come don't find what they are given any more.
TAKE_AWAY = re.compile(r"^((list|hlist|hlist_nulls|hash|hlist_bl|rhashtable|xa|idr)_\w*"
                       r"(del|remove|erase|replace)\w*|rcu_assign_pointer|RCU_INIT_POINTER|"
                       r"rcu_replace_pointer)$")

# These undo links between objects that go together.
UNLINKS = re.compile(r"^(list_del\w*|hlist_del\w*|rb_erase\w*)$")

# What a caller may do after these: free or unload what readers could call or look at.
ENDED_FOR_CALLER = re.compile(
    r"(^|_)(un\w*register\w*|unsubscribe|unreg|remove\w*|detach\w*|unhook\w*|del|delete|exit|"
    r"cleanup|destroy\w*|release|free\w*|fini|uninit|clear\w*|unset|unlink|unbind)(_|$)")

# What an ops table calls when somebody goes.
DETACHES = re.compile(r"(^|_)(detach|unregister|unbind|remove|disconnect|del_link|exit)(_|$)")

# Nothing that holds a spinlock or is an interrupt handler may call these.
SLEEPS = re.compile(r"^(mutex_lock\w*|down_(read|write)\w*|synchronize_\w+|msleep|schedule\w*|"
                    r"wait_for_\w+|rtnl_lock|ASSERT_RTNL|might_sleep|cancel_\w+_sync|"
                    r"flush_work\w*|flush_delayed_work|vmalloc|vzalloc|rcu_barrier|"
                    r"cpus_read_lock|lockdep_assert_held_write)$")
