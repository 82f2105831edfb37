/* The tests that need neither threads nor an operating system, for programs and for kernels. */
#ifndef CONTRACT_H
#define CONTRACT_H

#include "rundown.h"

/* The operations that all families have, on an object behind a plain pointer. */
struct family {
    const char *name;
    /* Bytes that an object needs (of a pool: with a pool around it), and how to make one live in memory of
     * that size. Returns what the operations take: the memory, but not of a pool. */
    SIZE_T (*size)(void);
    void *(*initialize)(void *memory, SIZE_T size);
    BOOLEAN (*acquire)(void *object);
    BOOLEAN (*acquire_n)(void *object, ULONG count);
    void (*release)(void *object);
    void (*release_n)(void *object, ULONG count);
    void (*wait)(void *object);
    void (*completed)(void *object);
    void (*reinitialize)(void *object);
};

extern const struct family plain_family;
extern const struct family cache_aware_family;
extern const struct family pooled_family;

/* Returns a live object, in memory that held something else before. */
void *object_of(const struct family *f);

/* How many tests there are, and their names: the family, and a sentence. */
unsigned contract_count(void);
const char *contract_family(unsigned test);
const char *contract_sentence(unsigned test);
/* Runs a test. Returns NULL if it passed, else what did not hold. */
const char *contract_run(unsigned test);

/* Provided by whoever runs the tests: memory aligned as by malloc. It is never freed. */
void *test_memory(SIZE_T size);

#define STRING_OF(x) #x
#define STRING(x) STRING_OF(x)
/* For use in a function that returns NULL or what did not hold. */
#define CHECK(condition)                                                         \
    do {                                                                         \
        if (!(condition))                                                        \
            return __FILE__ ":" STRING(__LINE__) ": does not hold: " #condition; \
    } while (0)

#endif
