/* What QEMU does to a plugin, in the API version that VERSION says: loads it, checks its version,
 * installs it, translates two instructions, runs them on two cores in turn, ends.
 * For the tests of the plugin with versions of QEMU that are not at hand. */

#include <dlfcn.h>
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
#else
typedef void (*translate_cb)(uint64_t id, void *block);
typedef void (*exit_cb)(uint64_t id, void *data);
#define TRANSLATE(block) translate(1, block)
#define EXIT() at_exit(1, exit_data)
#endif
typedef void (*memory_cb)(unsigned core, uint32_t info, uint64_t address, void *data);

#ifndef CORES
#define CORES 2 /* that have a turn; the machine has two */
#endif

/* ldaddal x0, x0, [x1] and ldr x0, [x1] */
static uint32_t opcodes[2] = { 0xf8e00020, 0xf9400020 };
static struct { memory_cb call; void *data; } memory[2];
static const char the_block[1];
static translate_cb translate;
static exit_cb at_exit;
static void *translate_data, *idle_data, *exit_data;

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
void qemu_plugin_register_vcpu_insn_exec_cb(void *i, void *c, int f, void *d) { (void)i, (void)c, (void)f, (void)d; }
void qemu_plugin_register_vcpu_mem_cb(void *instruction, memory_cb callback, int flags, int rw, void *data)
{
    (void)flags;
    if (rw == 3) {
        memory[number(instruction)].call = callback;
        memory[number(instruction)].data = data;
    }
}
void qemu_plugin_register_vcpu_init_cb(uint64_t id, void *callback DATA) { (void)id, (void)callback, SET(idle); }
void qemu_plugin_register_vcpu_idle_cb(uint64_t id, void *callback DATA) { (void)id, (void)callback, SET(idle); }
#ifndef WITHOUT_EXIT
void qemu_plugin_register_atexit_cb(uint64_t id, exit_cb callback, void *data)
{
    (void)id, exit_data = data;
    at_exit = callback;
}
#endif
size_t qemu_plugin_tb_n_insns(const void *block) { return block == the_block ? 2 : 0; }
void *qemu_plugin_tb_get_insn(const void *block, size_t index) { (void)block; return &opcodes[index]; }
uint64_t qemu_plugin_insn_vaddr(const void *instruction) { return 0x4000 + 4 * number(instruction); }
bool qemu_plugin_mem_is_store(uint32_t info) { return info == 1; }
unsigned qemu_plugin_mem_size_shift(uint32_t info) { (void)info; return 3; }

int main(int count, char **arguments)
{
    struct {
        const char *target;
        struct { int min, cur; } version;
        bool system_emulation;
        struct { int smp_vcpus, max_vcpus; } system;
    } info = { "aarch64", { VERSION < 2 ? 0 : VERSION < 3 ? 2 : VERSION < 7 ? 3 : 7, VERSION }, true, { 2, 2 } };
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
    for (int turn = 0; turn < 6; turn++) {
        if (VERSION >= 4) /* both halves of an atomic are reported */
            memory[0].call(turn % CORES, 0, 0x1000, memory[0].data);
        memory[0].call(turn % CORES, 1, 0x1000, memory[0].data);
        memory[1].call(turn % CORES, 0, 0x1040, memory[1].data);
    }
    (void)idle_data, (void)translate_data;
    EXIT();
    return 0;
}
