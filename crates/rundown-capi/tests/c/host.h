/* What the files of the test program share. */
#ifndef HOST_H
#define HOST_H

/* Runs one test and prints its result. `run` returns NULL or what did not hold. */
void report(const char *family, const char *sentence, const char *(*run)(unsigned), unsigned argument);

/* Does it in a child. Returns NULL if the child ended by SIGABRT with one line that begins with
 * `rundown: ROUTINE(OBJECT): ` and contains `part`. */
const char *dies(void (*mistake)(void), const char *routine, const void *address, const char *part);

#define DIES(mistake, routine, address, part)                     \
    do {                                                          \
        const char *seen = dies(mistake, routine, address, part); \
        if (seen != NULL)                                         \
            return seen;                                          \
    } while (0)

unsigned threads_count(void);
void threads_run_all(void);
unsigned misuse_count(void);
void misuse_run_all(void);
unsigned hooks_count(void);
void hooks_run_all(void);

#endif
