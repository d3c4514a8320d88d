/* Stands between a process and its C library: n0.rebinding.example to n4.rebinding.example lead to a public address the first
 * time, and each to a machine of the victim's own network afterwards. What the process connects to is written down; the public address is a socket of the test. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const char *BELOW = ".rebinding.example";
static const char *PUBLIC = "93.184.216.34";
static const char *PRIVATE[] = {"127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"};

static void note(const char *what, const char *address) {
    FILE *file = fopen(getenv("REBINDING_LOG"), "a");
    if (file) {
        fprintf(file, "%s %s\n", what, address);
        fclose(file);
    }
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    static int asked[5];
    if (!real) real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (node && strlen(node) == 2 + strlen(BELOW) && !strcmp(node + 2, BELOW)) {
        int n = (node[1] - '0') % 5;
        node = __sync_fetch_and_add(&asked[n], 1) ? PRIVATE[n] : PUBLIC;
        note("told", node);
    }
    return real(node, service, hints, found);
}

int connect(int socket, const struct sockaddr *address, socklen_t length) {
    static int (*real)(int, const struct sockaddr *, socklen_t);
    char text[INET6_ADDRSTRLEN] = "";
    struct sockaddr_in there;
    if (!real) real = dlsym(RTLD_NEXT, "connect");
    if (address->sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, text, sizeof text);
        note("connected", text);
    } else if (address->sa_family == AF_INET) {
        memcpy(&there, address, sizeof there);
        inet_ntop(AF_INET, &there.sin_addr, text, sizeof text);
        note("connected", text);
        if (!strcmp(text, PUBLIC)) {
            inet_pton(AF_INET, "127.0.0.1", &there.sin_addr);
            there.sin_port = htons((unsigned short)atoi(getenv("REBINDING_PORT")));
            return real(socket, (struct sockaddr *)&there, sizeof there);
        }
    }
    return real(socket, address, length);
}
