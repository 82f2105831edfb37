/* What the tests want of Windows. It has no fork: a child that makes a mistake is this program anew, and comes to the
 * mistake by the same test. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "contract.h"
#include "host.h"

/* Of a process that Rust's abort ends: STATUS_STACK_BUFFER_OVERRUN, as every fast failure. C's abort has another. */
#if HOOKS == 0
#define ABORTED 0xc0000409
#else
#define ABORTED 3
#endif

enum { MOST = 200, PATIENCE = 20000 };

/* The test that runs, and what its mistakes came to so far, a letter each after the first: all right, or wrong. */
static unsigned running;
static char came_to[MOST] = "-";
static unsigned memories; /* that the test has got */

/* In a child: which test it runs, up to the first mistake that has no letter, and whose child it is. */
static unsigned only;
static const char *known = "-";
static unsigned long first_process;

int begin_program(int count, char **arguments)
{
    first_process = GetCurrentProcessId();
    if (count == 4) {
        only = (unsigned)atoi(arguments[1]);
        known = arguments[2];
        first_process = strtoul(arguments[3], NULL, 10);
    }
    return only == 0;
}

int begin_test(unsigned number)
{
    running = number;
    came_to[1] = 0;
    memories = 0;
    return only == 0 || only == number;
}

/* Reads what the child has written, and closes the pipe. */
static void read_all(HANDLE pipe, char *text, size_t room)
{
    size_t length = 0;
    DWORD count;
    while (ReadFile(pipe, text + length, (DWORD)(room - 1 - length), &count, NULL) && count > 0)
        length += count;
    text[length] = 0;
    CloseHandle(pipe);
}

/* Starts the child, and waits for it. What it writes to its standard output goes to `begin`, and that to its standard
 * error to `line`. */
static const char *run_child(char *begin, size_t begin_room, char *line, size_t line_room, DWORD *status)
{
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    char program[MAX_PATH], command[2 * MAX_PATH + MOST];
    HANDLE output, output_end, error, error_end;
    PROCESS_INFORMATION child;
    STARTUPINFOA start;
    CHECK(GetModuleFileNameA(NULL, program, sizeof program) < sizeof program);
    CHECK(CreatePipe(&output, &output_end, &inherited, 4096) && CreatePipe(&error, &error_end, &inherited, 4096));
    memset(&start, 0, sizeof start);
    start.cb = sizeof start;
    start.dwFlags = STARTF_USESTDHANDLES;
    start.hStdInput = INVALID_HANDLE_VALUE;
    start.hStdOutput = output_end;
    start.hStdError = error_end;
    snprintf(command, sizeof command, "\"%s\" %u %s %lu", program, running, came_to, first_process);
    /* Seen on a very busy host: Wine gives up on a child that has not begun. */
    for (int tries = 4; !CreateProcessA(program, command, NULL, NULL, TRUE, 0, NULL, NULL, &start, &child); tries--) {
        CHECK(tries > 0);
        Sleep(200);
    }
    CloseHandle(output_end);
    CloseHandle(error_end);
    if (WaitForSingleObject(child.hProcess, PATIENCE) != WAIT_OBJECT_0)
        TerminateProcess(child.hProcess, 1); /* a mistake that is not noticed may wait for ever */
    CHECK(WaitForSingleObject(child.hProcess, PATIENCE) == WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(child.hProcess, status));
    CloseHandle(child.hThread);
    CloseHandle(child.hProcess);
    read_all(output, begin, begin_room);
    read_all(error, line, line_room);
    return NULL;
}

const char *dies(void (*mistake)(void), const char *routine, const void *address, const char *part)
{
    size_t made = strlen(came_to);
    char begin[200], line[1024];
    const char *wrong;
    DWORD status;
    CHECK(made + 1 < MOST);
    came_to[made + 1] = 0;
    if (only != 0 && known[made] != 0) {
        came_to[made] = known[made];
        return known[made] == 'r' ? NULL : "wrong in the parent";
    }
    if (only != 0) {
        /* The parent's object has another address. */
        printf("rundown: %s(0x%llx): ", routine, (unsigned long long)(size_t)address);
        fflush(stdout);
        mistake();
        exit(0);
    }
    /* A child that does not come to its mistake does not end as one that does. */
    wrong = run_child(begin, sizeof begin, line, sizeof line, &status);
    if (wrong == NULL)
        wrong = judge(status == ABORTED, status, line, begin, part);
    came_to[made] = wrong == NULL ? 'r' : 'w';
    return wrong;
}

void *shared_memory(size_t size)
{
    char name[100];
    HANDLE mapping;
    void *memory = NULL;
    DWORD error;
    snprintf(name, sizeof name, "rundown-%lu-%u-%u", first_process, running, memories++);
    mapping = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, (DWORD)size, name);
    error = GetLastError();
    if (mapping != NULL)
        memory = MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, size);
    if (memory == NULL || (error == ERROR_ALREADY_EXISTS) != (only != 0))
        abort();
    /* A child does not hide what another has written. */
    return only == 0 ? memset(memory, UNTOUCHED, size) : memory;
}

void free_shared_memory(void *memory, size_t size)
{
    (void)size;
    UnmapViewOfFile(memory);
}

int make_writable(const void *address, size_t size)
{
    DWORD before;
    return VirtualProtect((void *)(size_t)address, size, PAGE_READWRITE, &before) != 0;
}
