/* What the files of the test program share. */
#ifndef HOST_H
#define HOST_H

/* A test: what returns NULL or what did not hold, with which argument, and what it shows. */
struct test {
    const char *(*run)(unsigned);
    unsigned argument;
    const char *sentence;
};

/* The tests of a file. */
struct tests {
    const struct test *all;
    unsigned count;
};
#define TESTS(list) {list, sizeof list / sizeof list[0]}

extern const struct tests threads_tests, pool_tests, misuse_tests, clients_tests, hooks_tests, program_tests;

/* The family that is under test in threads.c. */
extern const struct family *f;

/* What unix.c and windows.c have in common. */

/* Does it in a child. Returns NULL if the child aborted with one line that begins with
 * `rundown: ROUTINE(OBJECT): ` and contains `part`. */
const char *dies(void (*mistake)(void), const char *routine, const void *address, const char *part);

/* Returns memory that children share, filled with a pattern. */
void *shared_memory(size_t size);
void free_shared_memory(void *memory, size_t size);

/* Makes what is constant writable; 0 if that fails. */
int make_writable(const void *address, size_t size);

/* Comes first, with the arguments of `main`; whether this process is to print the plan. */
int begin_program(int count, char **arguments);
/* Comes before each test; whether it is to be run. */
int begin_test(unsigned number);

/* What dies() says of a child, whose line should begin so. */
const char *judge(int aborted, unsigned status, const char *line, const char *begin, const char *part);

/* Whether a pattern still stands there. */
int untouched(const void *memory, size_t size);
enum { UNTOUCHED = 0xa5 };

#define DIES(mistake, routine, address, part)                     \
    do {                                                          \
        const char *seen = dies(mistake, routine, address, part); \
        if (seen != NULL)                                         \
            return seen;                                          \
    } while (0)

#endif
