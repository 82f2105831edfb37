/* Read-side sections of liburcu, as a C program under a licence like ours writes them: inlined. */

#define _LGPL_SOURCE
#include <stdint.h>
#include <urcu/urcu-memb.h>

void rundown_bench_urcu_pairs(uint64_t count)
{
    urcu_memb_register_thread();
    for (uint64_t done = 0; done < count; done++) {
        urcu_memb_read_lock();
        cmm_barrier(); /* a user would use the object */
        urcu_memb_read_unlock();
        cmm_barrier();
    }
    urcu_memb_unregister_thread();
}
