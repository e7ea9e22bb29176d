/* crowd N COMMAND…: runs a command while N other processes exist, and then ends them. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	pid_t self = getpid(), command;
	int status;

	if (argc < 3) {
		fprintf(stderr, "usage: crowd N COMMAND…\n");
		return 2;
	}
	for (long left = atol(argv[1]); left > 0; left--) {
		switch (fork()) {
		case -1:
			perror("fork");
			return 1;
		case 0:
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			while (getppid() == self)
				pause();
			_exit(0);
		}
	}
	command = fork();
	if (command == 0) {
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	if (command == -1 || waitpid(command, &status, 0) == -1) {
		perror("crowd");
		return 1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
