/* What the tests want of a Unix: a child that makes a mistake is a fork. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "contract.h"
#include "host.h"

int begin_program(int count, char **arguments)
{
    (void)count;
    (void)arguments;
    return 1;
}

int begin_test(unsigned number)
{
    (void)number;
    return 1;
}

const char *dies(void (*mistake)(void), const char *routine, const void *address, const char *part)
{
    static char line[1024];
    int channel[2], status;
    char begin[200];
    size_t length = 0;
    ssize_t count;
    pid_t child;
    CHECK(pipe(channel) == 0);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        struct rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        dup2(channel[1], STDERR_FILENO);
        alarm(20); /* a mistake that is not noticed may wait for ever */
        mistake();
        _exit(0);
    }
    close(channel[1]);
    while ((count = read(channel[0], line + length, sizeof line - 1 - length)) > 0)
        length += (size_t)count;
    line[length] = 0;
    close(channel[0]);
    CHECK(waitpid(child, &status, 0) == child);
    snprintf(begin, sizeof begin, "rundown: %s(0x%lx): ", routine, (unsigned long)(size_t)address);
    return judge(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, (unsigned)status, line, begin, part);
}

void *shared_memory(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        abort();
    return memset(memory, UNTOUCHED, size);
}

void free_shared_memory(void *memory, size_t size) { munmap(memory, size); }

int make_writable(const void *address, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), at = (size_t)address / page * page;
    return mprotect((void *)at, (size_t)address + size - at, PROT_READ | PROT_WRITE) == 0;
}
