// SPDX-License-Identifier: GPL-2.0
/*
 * spin CPU PRIORITY [FILE TEXT]: goes to that CPU, as SCHED_FIFO if the priority isn't
 * 0, writes the text to the file, and then spins in user space until it is killed.
 * Before that it says "spins", and in the trace, if there is one, "spin: begins".
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int trouble(const char *what)
{
	perror(what);
	return 3;
}

static int put(int file, const char *text)
{
	return write(file, text, strlen(text)) < 0;
}

int main(int argc, char **argv)
{
	struct sched_param param = {};
	cpu_set_t cpus;
	int trace, file;

	if (argc != 3 && argc != 5) {
		fprintf(stderr, "usage: %s CPU PRIORITY [FILE TEXT]\n", argv[0]);
		return 3;
	}
	CPU_ZERO(&cpus);
	CPU_SET(atoi(argv[1]), &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		return trouble("sched_setaffinity");
	param.sched_priority = atoi(argv[2]);
	if (param.sched_priority && sched_setscheduler(0, SCHED_FIFO, &param))
		return trouble("sched_setscheduler");
	trace = open("/sys/kernel/tracing/trace_marker", O_WRONLY);
	if (argc == 5) {
		file = open(argv[3], O_WRONLY);
		if (file < 0 || put(file, argv[4]))
			return trouble(argv[3]);
		close(file);
	}
	if (put(STDOUT_FILENO, "spins\n"))
		return trouble("stdout");
	if (trace >= 0 && put(trace, "spin: begins"))
		return trouble("trace_marker");
	for (;;)
		;
}
