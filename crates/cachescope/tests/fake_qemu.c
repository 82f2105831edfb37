/* What QEMU does to a plugin, in the API version that VERSION says: loads it, checks its version,
 * installs it, translates some instructions, runs the first two on two cores in turn, ends. With ODD core 0
 * makes accesses that cross lines, and pairs of which QEMU 7.2 reports both halves, instead. With SCHEDULE two
 * cores take part in a phase on a thread each (2: nobody wakes core 1), and with ONE_THREAD they begin their
 * existence on one thread. With UNSEEN core 0 executes a DC ZVA and nothing else (2: in a phase; 3: before it has
 * memory watched).
 * For the tests of the plugin with versions of QEMU that are not at hand. */

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#if VERSION >= 7 /* data of the plugin's instead of its number */
typedef void (*translate_cb)(void *block, void *data);
typedef void (*exit_cb)(void *data);
#define TRANSLATE(block) translate(block, translate_data)
#define EXIT() at_exit(exit_data)
typedef void (*core_cb)(unsigned core, void *data);
#define CORE(what, core) what(core, what##_data)
#else
typedef void (*translate_cb)(uint64_t id, void *block);
typedef void (*exit_cb)(uint64_t id, void *data);
#define TRANSLATE(block) translate(1, block)
#define EXIT() at_exit(1, exit_data)
typedef void (*core_cb)(uint64_t id, unsigned core);
#define CORE(what, core) what(1, core)
#endif
typedef void (*execute_cb)(unsigned core, void *data);
typedef void (*memory_cb)(unsigned core, uint32_t info, uint64_t address, void *data);

#ifndef CORES
#define CORES 2 /* that have a turn; the machine has two */
#endif

#ifndef ODD
#define ODD 0
#endif
#ifndef SCHEDULE
#define SCHEDULE 0
#endif
#ifndef UNSEEN
#define UNSEEN 0
#endif
#ifndef ONE_THREAD
#define ONE_THREAD 0
#endif
#ifndef TARGET
#define TARGET "aarch64"
#endif
#ifndef SYSTEM
#define SYSTEM true
#endif
#ifndef MOST_CORES
#define MOST_CORES 2 /* of the machine, as it may be */
#endif

#define HINT(number) (0xd503201f | (number) << 5)
enum { LDADD, LDR, LDP, LDXP, STXP, ADD, LDXR, CLREX, YIELD, PHASE, END, ZERO, ONE, ARRIVE, WAKES, ZVA, WATCH, INSTRUCTIONS };
static uint32_t opcodes[INSTRUCTIONS] = {
    0xf8e00020, /* ldaddal x0, x0, [x1] */
    0xf9400020, /* ldr x0, [x1] */
    0xa9400420, /* ldp x0, x1, [x1] */
    0xc87f0440, /* ldxp x0, x1, [x2] */
    0xc8230440, /* stxp w3, x0, x1, [x2] */
    0x8b020020, /* add x0, x1, x2 */
    0xc85f7c20, /* ldxr x0, [x1] */
    0xd5033f5f, /* clrex */
    HINT(1), /* yield */
    HINT(0x60), HINT(0x61), HINT(0x62), HINT(0x63), HINT(0x66), HINT(0x67), /* the markers */
    0xd50b7420, /* dc zva, x0 */
    HINT(0x65), /* a marker, too */
};
static struct { memory_cb call; void *data; } memory[INSTRUCTIONS];
static struct { execute_cb call; void *data; } execute[INSTRUCTIONS];
static const char the_block[1];
static translate_cb translate;
static exit_cb at_exit;
static core_cb start, idle;
static void *translate_data, *start_data, *idle_data, *exit_data;

static int number(const void *instruction) { return (const uint32_t *)instruction - opcodes; }

/* The functions by which versions differ. */
#if VERSION == 1
int qemu_plugin_n_vcpus(void) { return 2; }
#endif
#if VERSION >= 2
int qemu_plugin_num_vcpus(void) { return 2; }
#endif
#if VERSION >= 3
const void *qemu_plugin_request_time_control(void) { return NULL; }
size_t qemu_plugin_insn_data(const void *instruction, void *bytes, size_t length)
{
    memcpy(bytes, instruction, length < 4 ? length : 4);
    return 4;
}
#else
const void *qemu_plugin_insn_data(const void *instruction) { return instruction; }
#endif
#if VERSION >= 4
void *qemu_plugin_read_memory_vaddr(uint64_t address, size_t length)
{
    (void)address, (void)length;
    return NULL;
}
#endif
#if VERSION >= 5
bool qemu_plugin_translate_vaddr(uint64_t address, uint64_t *physical)
{
    *physical = address;
    return true;
}
#endif

#if VERSION >= 6
bool qemu_plugin_set_pc(uint64_t address) { return address == 0; }
#endif

/* Those that all have. */
#if VERSION >= 7
#define DATA , void *data
#define SET(what) (what##_data = data)
#else
#define DATA
#define SET(what) (what##_data = NULL)
#endif
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, translate_cb callback DATA)
{
    (void)id, SET(translate);
    translate = callback;
}
void qemu_plugin_register_vcpu_insn_exec_cb(void *instruction, execute_cb callback, int flags, void *data)
{
    (void)flags;
    execute[number(instruction)].call = callback;
    execute[number(instruction)].data = data;
}
void qemu_plugin_register_vcpu_mem_cb(void *instruction, memory_cb callback, int flags, int rw, void *data)
{
    (void)flags;
    if (rw == 3) {
        memory[number(instruction)].call = callback;
        memory[number(instruction)].data = data;
    }
}
void qemu_plugin_register_vcpu_init_cb(uint64_t id, core_cb callback DATA)
{
    (void)id, SET(start);
    start = callback;
}
void qemu_plugin_register_vcpu_idle_cb(uint64_t id, core_cb callback DATA)
{
    (void)id, SET(idle);
    idle = callback;
}
#ifndef WITHOUT_EXIT
void qemu_plugin_register_atexit_cb(uint64_t id, exit_cb callback, void *data)
{
    (void)id, exit_data = data;
    at_exit = callback;
}
#endif
size_t qemu_plugin_tb_n_insns(const void *block) { return block == the_block ? INSTRUCTIONS : 0; }
void *qemu_plugin_tb_get_insn(const void *block, size_t index) { (void)block; return &opcodes[index]; }
uint64_t qemu_plugin_insn_vaddr(const void *instruction) { return 0x4000 + 4 * number(instruction); }
bool qemu_plugin_mem_is_store(uint32_t info) { return info & 1; }
unsigned qemu_plugin_mem_size_shift(uint32_t info) { return info >> 1 ? info >> 1 : 3; }

/* Info of an access: a store or not, of 1 << 4 bytes or of 8. */
#define STORE 1
#define SIXTEEN (4 << 1)
static void does(int instruction, uint32_t info, uint64_t address)
{
    memory[instruction].call(0, info, address, memory[instruction].data);
}

static pthread_barrier_t both_are_known, is_sent;

/* Executes an instruction that accesses the word they share, or none. */
static void step(unsigned core, int instruction)
{
    if (execute[instruction].call)
        execute[instruction].call(core, execute[instruction].data);
    if (memory[instruction].call)
        memory[instruction].call(core, 0, 0x1000, memory[instruction].data);
}

static void number_of(unsigned core, unsigned bits)
{
    for (int bit = 15; bit >= 0; bit--)
        step(core, bits >> bit & 1 ? ONE : ZERO);
}

static void address_of(unsigned core, uint64_t bits)
{
    for (int shift = 48; shift >= 0; shift -= 16)
        number_of(core, bits >> shift & 0xffff);
}

/* What each core does in phase 1 of both. Core 1 sleeps until core 0 wakes it. */
static void *take_part(void *argument)
{
    unsigned core = argument != NULL;
    CORE(idle, core); /* as before its start by PSCI */
    pthread_barrier_wait(&both_are_known);
    number_of(core, 2);
    number_of(core, 1);
    step(core, PHASE);
    if (core == 0) {
        step(core, LDXR);
        step(core, CLREX);
        step(core, LDR);
        step(core, YIELD);
        step(core, LDR);
        step(core, LDR);
        if (SCHEDULE == 2)
            CORE(idle, core);
        number_of(core, 1);
        step(core, WAKES);
        pthread_barrier_wait(&is_sent);
        step(core, LDR);
    } else {
        step(core, LDR);
        step(core, LDR);
        step(core, LDR);
        CORE(idle, core);
        pthread_barrier_wait(&is_sent);
        step(core, ARRIVE);
        step(core, LDR);
    }
    step(core, END);
    return NULL;
}

int main(int count, char **arguments)
{
    struct {
        const char *target;
        struct { int min, cur; } version;
        bool system_emulation;
        struct { int smp_vcpus, max_vcpus; } system;
    } info = { TARGET, { VERSION < 2 ? 0 : VERSION < 3 ? 2 : VERSION < 7 ? 3 : 7, VERSION }, SYSTEM, { 2, MOST_CORES } };
    void *plugin = count > 1 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    if (!plugin) {
        fprintf(stderr, "%s\n", dlerror());
        return 3;
    }
    int version = *(int *)dlsym(plugin, "qemu_plugin_version");
    if (version != VERSION) {
        fprintf(stderr, "the plugin says version %d\n", version);
        return 4;
    }
    int (*install)(uint64_t, const void *, int, char **) = dlsym(plugin, "qemu_plugin_install");
    if (install(1, &info, count - 2, arguments + 2) != 0)
        return 5;
    TRANSLATE((void *)the_block);
    if (memory[ADD].call || execute[ADD].call)
        return 6; /* an addition accesses nothing */
    if (ONE_THREAD) {
        for (unsigned core = 0; start && core < 4; core++)
            CORE(start, core / 2);
        return 0;
    }
    if (UNSEEN) {
        if (UNSEEN == 2) {
            number_of(0, 1);
            number_of(0, 7);
            step(0, PHASE);
        }
        step(0, ZVA);
        if (UNSEEN == 3) {
            number_of(0, 'o' << 8 | 'k'); /* its name */
            address_of(0, 0x1000);
            address_of(0, 0x1080);
            address_of(0, 64);
            step(0, WATCH);
            does(LDR, 0, 0x1000);
        }
        EXIT();
        return 0;
    }
    if (SCHEDULE) {
        pthread_t threads[2];
        pthread_barrier_init(&both_are_known, NULL, 2);
        pthread_barrier_init(&is_sent, NULL, 2);
        for (int core = 0; core < 2; core++)
            pthread_create(&threads[core], NULL, take_part, core ? &threads[core] : NULL);
        for (int core = 0; core < 2; core++)
            pthread_join(threads[core], NULL);
        EXIT();
        return 0;
    }
    if (ODD) {
        /* The lines from 0x1000 and from 0x1040 are watched. */
        does(LDR, 0, 0);
        for (uint64_t address = 0xff0; address <= 0x1088; address += 4) {
            does(LDR, 0, address);
            does(LDR, STORE | SIXTEEN, address);
        }
        does(LDP, 0, 0x1008);
        does(LDP, 0, 0x1010);
        does(LDXP, 0, 0x1040);
        does(LDXP, 0, 0x1048);
        does(STXP, STORE, 0x1040);
        does(STXP, STORE, 0x1048);
        does(LDXP, SIXTEEN, 0x1070);
        does(STXP, STORE | SIXTEEN, 0x1070);
        EXIT();
        return 0;
    }
    for (int turn = 0; turn < 6; turn++) {
        if (VERSION >= 4) /* both halves of an atomic are reported */
            memory[LDADD].call(turn % CORES, 0, 0x1000, memory[LDADD].data);
        memory[LDADD].call(turn % CORES, 1, 0x1000, memory[LDADD].data);
        memory[LDR].call(turn % CORES, 0, 0x1040, memory[LDR].data);
    }
    (void)start_data, (void)idle_data, (void)translate_data;
    EXIT();
    return 0;
}
