/* A program with two Rust libraries: ours, and one that the test makes. */
#include <rundown.h>
#include <unistd.h>

uint32_t second(void); /* returns 42 */

int main(void)
{
    static EX_RUNDOWN_REF object;
    alarm(60); /* instead of waiting for ever */
    if (!ExAcquireRundownProtection(&object))
        return 1;
    ExReleaseRundownProtection(&object);
    ExWaitForRundownProtectionRelease(&object);
    return second() == 42 ? 0 : 2;
}
