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

extern const struct tests threads_tests, pool_tests, misuse_tests, hooks_tests, program_tests;

/* The family that is under test in threads.c. */
extern const struct family *f;

/* Does it in a child. Returns NULL if the child ended by SIGABRT with one line that begins with
 * `rundown: ROUTINE(OBJECT): ` and contains `part`. */
const char *dies(void (*mistake)(void), const char *routine, const void *address, const char *part);

/* Returns memory that children share, filled with a pattern; and whether the pattern still stands there. */
void *shared_memory(size_t size);
int untouched(const void *memory, size_t size);

#define DIES(mistake, routine, address, part)                     \
    do {                                                          \
        const char *seen = dies(mistake, routine, address, part); \
        if (seen != NULL)                                         \
            return seen;                                          \
    } while (0)

#endif
