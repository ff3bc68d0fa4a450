/* SPDX-License-Identifier: GPL-2.0 */
/* What can be traced, in /sys/kernel/tracing/events/rcu_headless. */
#ifdef __BINDGEN__

/* What the macros below make of each event for Rust (trace.rs). */
struct tracepoint;

extern struct tracepoint __tracepoint_queue, __tracepoint_page_full;
extern struct tracepoint __tracepoint_drain_start, __tracepoint_drain_end;
extern struct tracepoint __tracepoint_fallback, __tracepoint_misuse;

void rust_do_trace_queue(unsigned long caller, unsigned int channel, const void *object);
void rust_do_trace_page_full(unsigned int cpu, unsigned int channel, size_t objects);
void rust_do_trace_drain_start(unsigned int cpu);
void rust_do_trace_drain_end(unsigned int cpu, size_t pages, size_t objects);
void rust_do_trace_fallback(unsigned long caller, unsigned int channel, u64 waited_ns);
void rust_do_trace_misuse(unsigned long caller, const char *kind, size_t len);

#else

#undef TRACE_SYSTEM
#define TRACE_SYSTEM rcu_headless

#if !defined(_RCU_HEADLESS_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _RCU_HEADLESS_TRACE_H

#include <linux/tracepoint.h>

#include "helpers.h"

/* The numbers are those of Channel (object.rs). */
#define show_channel(channel) \
	__print_symbolic(channel, { 0, "slab" }, { 1, "vmalloc" })

/*
 * An object was handed over. The call's fast path has no place for an event:
 * while this one is on, all calls take the slow path.
 */
TRACE_EVENT_FN(queue,
	TP_PROTO(unsigned long caller, unsigned int channel, const void *object),
	TP_ARGS(caller, channel, object),
	TP_STRUCT__entry(
		__field(unsigned long, caller)
		__field(const void *, object)
		__field(unsigned int, channel)
	),
	TP_fast_assign(
		__entry->caller = caller;
		__entry->object = object;
		__entry->channel = channel;
	),
	TP_printk("caller=%pS channel=%s object=%p", (void *)__entry->caller,
		  show_channel(__entry->channel), __entry->object),
	rcu_headless_trace_queue_begin, rcu_headless_trace_queue_end
);

/* A page of pointers had no room for another, and waits for a grace period. */
TRACE_EVENT(page_full,
	TP_PROTO(unsigned int cpu, unsigned int channel, size_t objects),
	TP_ARGS(cpu, channel, objects),
	TP_STRUCT__entry(
		__field(size_t, objects)
		__field(unsigned int, cpu)
		__field(unsigned int, channel)
	),
	TP_fast_assign(
		__entry->objects = objects;
		__entry->cpu = cpu;
		__entry->channel = channel;
	),
	TP_printk("cpu=%u channel=%s objects=%zu", __entry->cpu,
		  show_channel(__entry->channel), __entry->objects)
);

/* Pages that were queued on that CPU are about to be emptied. */
TRACE_EVENT(drain_start,
	TP_PROTO(unsigned int cpu),
	TP_ARGS(cpu),
	TP_STRUCT__entry(
		__field(unsigned int, cpu)
	),
	TP_fast_assign(
		__entry->cpu = cpu;
	),
	TP_printk("cpu=%u", __entry->cpu)
);

/* They are empty, and that many objects freed. */
TRACE_EVENT(drain_end,
	TP_PROTO(unsigned int cpu, size_t pages, size_t objects),
	TP_ARGS(cpu, pages, objects),
	TP_STRUCT__entry(
		__field(size_t, pages)
		__field(size_t, objects)
		__field(unsigned int, cpu)
	),
	TP_fast_assign(
		__entry->pages = pages;
		__entry->objects = objects;
		__entry->cpu = cpu;
	),
	TP_printk("cpu=%u pages=%zu objects=%zu", __entry->cpu, __entry->pages,
		  __entry->objects)
);

/* A caller has waited for a grace period, for lack of memory or since too much waits. */
TRACE_EVENT(fallback,
	TP_PROTO(unsigned long caller, unsigned int channel, u64 waited_ns),
	TP_ARGS(caller, channel, waited_ns),
	TP_STRUCT__entry(
		__field(u64, waited_ns)
		__field(unsigned long, caller)
		__field(unsigned int, channel)
	),
	TP_fast_assign(
		__entry->waited_ns = waited_ns;
		__entry->caller = caller;
		__entry->channel = channel;
	),
	TP_printk("caller=%pS channel=%s waited_ns=%llu", (void *)__entry->caller,
		  show_channel(__entry->channel), __entry->waited_ns)
);

/* A caller got something wrong; the kind is the counter's name in stats. */
TRACE_EVENT(misuse,
	TP_PROTO(unsigned long caller, const char *kind, size_t len),
	TP_ARGS(caller, kind, len),
	TP_STRUCT__entry(
		__field(unsigned long, caller)
		__string_len(kind, kind, len)
	),
	TP_fast_assign(
		__entry->caller = caller;
		__assign_str(kind);
	),
	TP_printk("caller=%pS kind=%s", (void *)__entry->caller, __get_str(kind))
);

#endif /* _RCU_HEADLESS_TRACE_H */

/* This part must be outside protection. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>

#endif /* __BINDGEN__ */
