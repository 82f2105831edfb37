/* The C test program: prints KTAP, exits with 0 only if every planned test ran and passed. */
#include <stdio.h>
#include <stdlib.h>

#include "contract.h"
#include "host.h"

static unsigned done, failed;

void report(const char *family, const char *sentence, const char *(*run)(unsigned), unsigned argument)
{
    const char *seen = run(argument);
    done++;
    if (seen != NULL) {
        failed++;
        printf("# %s\n", seen);
    }
    printf("%s %u %s%s%s\n", seen == NULL ? "ok" : "not ok", done, family, *family ? ": " : "", sentence);
}

/* Left to the end of the program, as the tests want. */
void *test_memory(SIZE_T size)
{
    void *memory = malloc(size);
    if (memory == NULL)
        abort();
    return memory;
}

int main(void)
{
    unsigned planned = contract_count() + threads_count() + misuse_count() + hooks_count();
    setvbuf(stdout, NULL, _IOLBF, 0); /* the children of fork must not print again what is buffered */
    printf("KTAP version 1\n1..%u\n", planned);
    for (unsigned test = 0; test < contract_count(); test++)
        report(contract_family(test), contract_sentence(test), contract_run, test);
    threads_run_all();
    misuse_run_all();
    hooks_run_all();
    int passed = done == planned && failed == 0;
    printf("# rundown: %s\n", passed ? "PASS" : "FAIL");
    return passed ? 0 : 1;
}
