/* Runs an object of each family down. */
#include <rundown.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void)
{
    static EX_RUNDOWN_REF plain;
    PEX_RUNDOWN_REF_CACHE_AWARE cache_aware = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 0);
    SIZE_T size = RundownSizeOfPool(1);
    PEX_RUNDOWN_REF_POOLED pooled = RundownTakeFromPool(RundownInitializePool(malloc(size), size, 1));

    alarm(60); /* instead of waiting for ever */
    if (!ExAcquireRundownProtection(&plain) || !ExAcquireRundownProtectionCacheAware(cache_aware)
        || !RundownAcquirePooled(pooled))
        return 1;
    ExReleaseRundownProtection(&plain);
    ExReleaseRundownProtectionCacheAware(cache_aware);
    RundownReleasePooled(pooled);

    ExWaitForRundownProtectionRelease(&plain);
    ExWaitForRundownProtectionReleaseCacheAware(cache_aware);
    RundownWaitPooled(pooled);
    if (ExAcquireRundownProtection(&plain) || ExAcquireRundownProtectionCacheAware(cache_aware)
        || RundownAcquirePooled(pooled))
        return 1;
    ExFreeCacheAwareRundownProtection(cache_aware);
    puts("3 objects were run down");
    return 0;
}
