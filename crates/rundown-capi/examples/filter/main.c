/* The filter among clients: what happens to it while they send requests, and whether every answer is right.
 *
 *     filter [ROUNDS [SECONDS]]
 *
 * does each thing so many times (100), and all of it within so many seconds (60). Prints KTAP. */
#define _DEFAULT_SOURCE 1 /* nanosleep, alarm */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "filter.h"

enum { CLIENTS = 4, BATCHES = 8 };

/* --- Clients. --- */

static atomic_bool over;
/* What has become of all requests, and how often the filter could not be opened. */
static atomic_ulong served, wrong, failed, gone, refused, unopened;

static void rest(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
}

/* Sends a request to each device, and waits for the answers. */
static void send_to_all(struct queue *answers, unsigned value)
{
    struct request requests[DEVICES], *answer;
    unsigned sent = 0;

    for (unsigned i = 0; i < DEVICES; i++) {
        requests[i] = (struct request){.value = value + i, .client = answers};
        switch (filter->dispatch(&filter->devices[i], &requests[i])) {
        case 0: sent++; break;
        case ENXIO: atomic_fetch_add(&refused, 1); break;
        default: atomic_fetch_add(&gone, 1);
        }
    }
    if (sent == 0)
        rest();
    for (; sent > 0; sent--) {
        answer = queue_take(answers);
        if (answer->status != 0)
            atomic_fetch_add(&failed, 1);
        else if (answer->value == ~(value + (unsigned)(answer - requests)))
            atomic_fetch_add(&served, 1);
        else
            atomic_fetch_add(&wrong, 1);
    }
}

static void *client(void *unused)
{
    struct queue answers;
    unsigned value = 0;

    (void)unused;
    queue_init(&answers);
    while (!atomic_load(&over)) {
        if (ExAcquireRundownProtection(&filter_users)) { /* opens the filter */
            for (unsigned i = 0; i < BATCHES; i++)
                send_to_all(&answers, value += DEVICES);
            ExReleaseRundownProtection(&filter_users); /* closes it */
        } else {
            atomic_fetch_add(&unopened, 1);
            rest();
        }
    }
    queue_destroy(&answers);
    return NULL;
}

/* --- What happens meanwhile. Each returns whether what it wants held. --- */

/* The device whose turn it is. */
static unsigned number;

/* Waits until the clients have met with it so many more times, or with a wrong answer. */
static void more(atomic_ulong *what, unsigned long count)
{
    unsigned long before = atomic_load(what);
    while (atomic_load(what) - before < count && atomic_load(&wrong) == 0)
        rest();
}

/* Whether the filter is attached to the device, or not, with all that belongs to it. */
static bool attached(bool wanted)
{
    bool context = filter != NULL && filter->devices[number].context != NULL;
    return context == wanted && lowers[number].opens == wanted && (lowers[number].removed != NULL) == wanted;
}

static int attach(void)
{
    return filter_attach(number);
}

/* Lets each of so many steps fail; the clients meet with what comes of it. Then none fails. */
static bool each_fails(int (*set_up)(void), unsigned steps, atomic_ulong *met)
{
    for (unsigned step = 1; step <= steps; step++) {
        fail_at = step;
        if (set_up() == 0 || fail_at != 0 || !attached(false))
            return false;
        more(met, 1);
    }
    fail_at = steps + 1;
    if (set_up() != 0 || fail_at != 1)
        return false;
    fail_at = 0;
    return true;
}

static bool load_fails(void)
{
    return each_fails(filter_load, 1 + DEVICES + 1, &unopened);
}

static bool attach_fails(void)
{
    return each_fails(attach, 3, &refused) && attached(true);
}

static bool requests_pass(void)
{
    more(&served, 100);
    return attached(true);
}

static bool detach(void)
{
    more(&served, 20);
    filter_detach(number);
    more(&refused, 1);
    return attached(false) && attach() == 0 && attached(true);
}

static bool pull_out(void)
{
    struct lower *lower = &lowers[number];
    bool held;

    more(&served, 20);
    lower_pull_out(lower);
    more(&gone, 1);
    lower->removed(number);
    lower_stop(lower);
    held = attached(false) && attach() == ENODEV && attached(false);
    lower_plug_in(lower);
    return held && attach() == 0 && attached(true);
}

static bool unload(void)
{
    more(&served, 20);
    filter_unload();
    more(&unopened, 1);
    if (filter_load() != 0)
        return false;
    for (number = 0; number < DEVICES; number++)
        if (!attached(false) || attach() != 0)
            return false;
    return true;
}

/* --- The report. --- */

static void too_late(int unused)
{
    static const char line[] = "# too late: what is waited for does not come\n";

    (void)unused;
    _exit(write(STDOUT_FILENO, line, sizeof line - 1) < 0 ? 2 : 1);
}

/* Returns an argument, which is a number from 1 on. */
static unsigned parse(const char *text)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    if (*end != '\0' || value == 0 || value > 1000000) {
        fprintf(stderr, "usage: filter [ROUNDS [SECONDS]], not %s\n", text);
        exit(2);
    }
    return (unsigned)value;
}

static bool report(unsigned test, bool passed, const char *sentence)
{
    printf("%s %u %s\n", passed ? "ok" : "not ok", test, sentence);
    return passed;
}

int main(int count, char **arguments)
{
    unsigned rounds = count > 1 ? parse(arguments[1]) : 100;
    unsigned seconds = count > 2 ? parse(arguments[2]) : 60;
    const struct {
        bool (*run)(void);
        unsigned rounds;
        const char *sentence;
    } tests[] = {
        {load_fails, 1, "each step of load fails, and leaves nothing"},
        {attach_fails, DEVICES, "each step of attach fails, and leaves nothing"},
        {requests_pass, rounds, "requests pass on many threads"},
        {detach, rounds, "detach while requests are under way, and attach again"},
        {pull_out, rounds, "a device is pulled out while requests are under way, and comes back"},
        {unload, rounds, "unload while requests are under way, and load again"},
    };
    enum { TESTS = sizeof tests / sizeof tests[0] };
    pthread_t clients[CLIENTS];
    bool passed = true;

    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("KTAP version 1\n1..%d\n", TESTS + 1);
    signal(SIGALRM, too_late);
    alarm(seconds);
    for (unsigned i = 0; i < DEVICES; i++)
        lower_plug_in(&lowers[i]);
    for (unsigned i = 0; i < CLIENTS; i++)
        if (pthread_create(&clients[i], NULL, client, NULL) != 0)
            abort();

    for (unsigned test = 0; test < TESTS && passed; test++) {
        for (unsigned round = 0; round < tests[test].rounds && passed; round++) {
            number = round % DEVICES;
            passed = tests[test].run();
        }
        report(test + 1, passed, tests[test].sentence);
    }

    if (filter != NULL)
        filter_unload();
    atomic_store(&over, true);
    for (unsigned i = 0; i < CLIENTS; i++)
        pthread_join(clients[i], NULL);
    for (number = 0; number < DEVICES; number++) {
        passed = passed && attached(false);
        lower_pull_out(&lowers[number]);
        lower_stop(&lowers[number]);
    }
    passed = report(TESTS + 1, passed && wrong == 0 && filter_answered == served + failed, "every answer was right");
    printf("# %lu served, %lu failed, %lu gone, %lu refused\n", served, failed, gone, refused);
    printf("# rundown: %s\n", passed ? "PASS" : "FAIL");
    return passed ? 0 : 1;
}
