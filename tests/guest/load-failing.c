// SPDX-License-Identifier: GPL-2.0
/*
 * load-failing MODULE N PARAMETERS: loads a module with the Nth allocation failing
 * that is made on the way. Exit status: 0 loaded and no allocation failed, 1 loaded all
 * the same, 2 not loaded, 3 trouble.
 *
 * insmod won't do: its own allocations would count, and busybox's tries again.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int trouble(const char *what)
{
	perror(what);
	return 3;
}

int main(int argc, char **argv)
{
	int module, faults;
	char left[16] = "";
	long loaded;

	if (argc != 4) {
		fprintf(stderr, "usage: %s MODULE N PARAMETERS\n", argv[0]);
		return 3;
	}
	module = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (module < 0)
		return trouble(argv[1]);
	faults = open("/proc/self/fail-nth", O_RDWR);
	if (faults < 0)
		return trouble("/proc/self/fail-nth");

	if (write(faults, argv[2], strlen(argv[2])) < 0)
		return trouble("write to fail-nth");
	loaded = syscall(SYS_finit_module, module, argv[3], 0);
	/* What is left of the count is above 0 if it didn't come to a failure. */
	if (pread(faults, left, sizeof(left) - 1, 0) < 0)
		return trouble("read of fail-nth");
	if (write(faults, "0", 1) < 0)
		return trouble("write to fail-nth");

	if (loaded)
		return 2;
	return atoi(left) > 0 ? 0 : 1;
}
