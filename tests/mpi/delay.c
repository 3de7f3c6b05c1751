/* SPDX-License-Identifier: Apache-2.0 */
/* delay A B MICROSECONDS: joins two network namespaces. Each has a device "wire0" (TUN) with an MTU of 9000.
 * A packet that is sent to one of them arrives at the other after the delay. For kernels without netem. Runs
 * until it is killed. */
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { MTU = 9000, PACKETS = 8192 };

static int64_t delay; /* nanoseconds */

/* The packets on their way to one side. */
static struct queue {
    int from, to;
    size_t first, n;
    struct packet {
        int64_t due;
        ssize_t bytes;
        char data[MTU];
    } packet[PACKETS];
} queues[2];

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int open_device(const char *name_space)
{
    char path[200];
    snprintf(path, sizeof path, "/var/run/netns/%s", name_space);
    const int netns = open(path, O_RDONLY);
    if (netns < 0 || setns(netns, CLONE_NEWNET))
        fail(path);
    close(netns);
    const int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK), s = socket(AF_INET, SOCK_DGRAM, 0);
    struct ifreq r = {.ifr_name = "wire0", .ifr_flags = IFF_TUN | IFF_NO_PI};
    if (device < 0 || ioctl(device, TUNSETIFF, &r))
        fail("/dev/net/tun");
    r.ifr_mtu = MTU;
    if (s < 0 || ioctl(s, SIOCSIFMTU, &r))
        fail("MTU");
    close(s);
    return device;
}

static void take_packets(struct queue *q)
{
    while (q->n < PACKETS) {
        struct packet *p = &q->packet[(q->first + q->n) % PACKETS];
        if ((p->bytes = read(q->from, p->data, MTU)) <= 0)
            return;
        p->due = now() + delay;
        q->n++;
    }
}

/* Returns the nanoseconds until the next packet is due, at most a second. */
static int64_t give_packets(struct queue *q)
{
    for (; q->n > 0; q->n--, q->first = (q->first + 1) % PACKETS) {
        const struct packet *p = &q->packet[q->first];
        const int64_t wait = p->due - now();
        if (wait > 0)
            return wait;
        if (write(q->to, p->data, (size_t)p->bytes) < 0)
            perror("a packet is lost");
    }
    return 1000000000;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: delay A B MICROSECONDS\n");
        return 2;
    }
    delay = 1000 * strtoll(argv[3], NULL, 10);
    const int a = open_device(argv[1]), b = open_device(argv[2]);
    queues[0].from = queues[1].to = a;
    queues[1].from = queues[0].to = b;
    prctl(PR_SET_TIMERSLACK, 1UL);
    puts("ready");
    fflush(stdout);
    for (;;) {
        take_packets(&queues[0]);
        take_packets(&queues[1]);
        const int64_t x = give_packets(&queues[0]), y = give_packets(&queues[1]), least = x < y ? x : y;
        struct pollfd of[] = {{a, queues[0].n < PACKETS ? POLLIN : 0, 0},
                              {b, queues[1].n < PACKETS ? POLLIN : 0, 0}};
        ppoll(of, 2, &(struct timespec){least / 1000000000, least % 1000000000}, NULL);
    }
}
