/* The C test program: prints KTAP, exits with 0 only if every planned test ran and passed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract.h"
#include "host.h"

const struct family *f;
static unsigned begun, done, failed;

static int begin(void) { return begin_test(++begun); }

/* Prints what was seen: NULL, or what did not hold. */
static void report(const char *family, const char *sentence, const char *seen)
{
    done++;
    if (seen != NULL) {
        failed++;
        printf("# %s\n", seen);
    }
    printf("%s %u %s%s%s\n", seen == NULL ? "ok" : "not ok", done, family, *family ? ": " : "", sentence);
    fflush(stdout); /* Windows buffers no lines */
}

static void run_all(const char *family, const struct tests *tests)
{
    for (const struct test *test = tests->all; test < tests->all + tests->count; test++)
        if (begin())
            report(family, test->sentence, test->run(test->argument));
}

/* Left to the end of the program, as the tests want. */
void *test_memory(SIZE_T size)
{
    void *memory = malloc(size);
    if (memory == NULL)
        abort();
    return memory;
}

int untouched(const void *memory, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (((const volatile unsigned char *)memory)[i] != UNTOUCHED)
            return 0;
    return 1;
}

const char *judge(int aborted, unsigned status, const char *line, const char *begin, const char *part)
{
    static char said[1400];
    size_t length = strlen(line);
    int right = aborted && strncmp(line, begin, strlen(begin)) == 0 && strstr(line, part) != NULL;
    if (right && length > 0 && strchr(line, '\n') == line + length - 1)
        return NULL;
    snprintf(said, sizeof said, "%s, status %#x, said: %s", begin, status, line);
    return said;
}

int main(int count, char **arguments)
{
    enum { FAMILIES = 3 };
    const struct family *families[] = {&plain_family, &cache_aware_family, &pooled_family};
    unsigned planned = contract_count() + FAMILIES * threads_tests.count + pool_tests.count + misuse_tests.count
                       + clients_tests.count + hooks_tests.count + program_tests.count;
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* the children of fork must not print again what is buffered */
    if (begin_program(count, arguments))
        printf("KTAP version 1\n1..%u\n", planned);
    for (unsigned test = 0; test < contract_count(); test++)
        if (begin())
            report(contract_family(test), contract_sentence(test), contract_run(test));
    for (unsigned i = 0; i < FAMILIES; i++) {
        f = families[i];
        run_all(f->name, &threads_tests);
    }
    run_all("pool", &pool_tests);
    run_all("", &misuse_tests);
    run_all("client", &clients_tests);
    run_all("hooks", &hooks_tests);
    run_all("program", &program_tests);
    int passed = done == planned && failed == 0;
    printf("# rundown: %s\n", passed ? "PASS" : "FAIL");
    return passed ? 0 : 1;
}
