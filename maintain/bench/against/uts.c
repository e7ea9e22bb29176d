/* uts NAME: step 03 in C: a child in a new UTS namespace sets its hostname, and
   child and parent print theirs, without sleep(3). */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_SIZE (1024 * 1024)

static void die(const char *call)
{
	perror(call);
	exit(1);
}

static int child(void *name)
{
	struct utsname uts;

	if (sethostname(name, strlen(name)) == -1)
		die("sethostname");
	if (uname(&uts) == -1)
		die("uname");
	printf("uts.nodename in child:  %s\n", uts.nodename);
	/* The child of clone(2) ends without the flush of exit(3). */
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	struct utsname uts;
	char *stack;
	pid_t pid;

	if (argc != 2) {
		fprintf(stderr, "usage: uts NAME\n");
		return 2;
	}
	stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED)
		die("mmap");
	pid = clone(child, stack + STACK_SIZE, CLONE_NEWUTS | SIGCHLD, argv[1]);
	if (pid == -1)
		die("clone");
	printf("PID of child created by clone() is %d\n", pid);
	if (waitpid(pid, NULL, 0) == -1)
		die("waitpid");
	if (uname(&uts) == -1)
		die("uname");
	printf("uts.nodename in parent: %s\n", uts.nodename);
	return 0;
}
