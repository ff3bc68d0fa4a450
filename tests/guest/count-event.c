// SPDX-License-Identifier: GPL-2.0
/*
 * count-event ID-FILE COMMAND...: runs a command and prints how often a trace
 * event happened meanwhile, on all CPUs, by the kernel's perf. Exit status: that
 * of the command, 3 for trouble.
 */
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_CPUS 64

static int trouble(const char *what)
{
	perror(what);
	return 3;
}

int main(int argc, char **argv)
{
	long nr_cpus = sysconf(_SC_NPROCESSORS_ONLN), cpu;
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
	};
	int events[MAX_CPUS], status;
	unsigned long long sum = 0;
	char text[16] = "";
	pid_t child;
	int id;

	if (argc < 3) {
		fprintf(stderr, "usage: %s ID-FILE COMMAND...\n", argv[0]);
		return 3;
	}
	id = open(argv[1], O_RDONLY);
	if (id < 0 || read(id, text, sizeof(text) - 1) <= 0)
		return trouble(argv[1]);
	attr.config = atoi(text);
	if (nr_cpus > MAX_CPUS)
		nr_cpus = MAX_CPUS;
	for (cpu = 0; cpu < nr_cpus; cpu++) {
		events[cpu] = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, 0);
		if (events[cpu] < 0)
			return trouble("perf_event_open");
	}

	child = fork();
	if (child < 0)
		return trouble("fork");
	if (!child) {
		execvp(argv[2], argv + 2);
		_exit(trouble(argv[2]));
	}
	if (waitpid(child, &status, 0) < 0)
		return trouble("waitpid");

	for (cpu = 0; cpu < nr_cpus; cpu++) {
		unsigned long long count;

		if (read(events[cpu], &count, sizeof(count)) != sizeof(count))
			return trouble("read");
		sum += count;
	}
	printf("%llu\n", sum);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}
