/* What the files of the test program share. */
#ifndef HOST_H
#define HOST_H

/* Runs one test and prints its result. `run` returns NULL or what did not hold. */
void report(const char *family, const char *sentence, const char *(*run)(unsigned), unsigned argument);

unsigned threads_count(void);
void threads_run_all(void);
unsigned misuse_count(void);
void misuse_run_all(void);
unsigned hooks_count(void);
void hooks_run_all(void);

#endif
