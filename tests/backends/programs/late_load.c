/* A plain C program that loads a plugin late: backends serve, and those that can't be had so late say what to do. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int main(int count, char** arguments) {
    (void)count;
    void* plugin = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (plugin == NULL) return fprintf(stderr, "%s\n", dlerror()), 1;
    const char* (*why_not)(const char*) = (const char* (*)(const char*))dlsym(plugin, "plugin_why_not");
    int (*serves)(const char*) = (int (*)(const char*))dlsym(plugin, "plugin_serves");
    const char* names[] = {"mimalloc", "jemalloc", "tbb", "tcmalloc", "system", "scudo", "boost_pool", "new_delete"};
    int         wrong = 0;
    for (unsigned i = 0; i != sizeof names / sizeof *names; ++i) {
        const char* reason = why_not(names[i]);
        const int   needs_static_tls = strcmp(names[i], "jemalloc") == 0 || strcmp(names[i], "scudo") == 0;
        printf("%s: %s\n", names[i], *reason ? reason : "serves");
        if (*reason == 0) wrong += needs_static_tls || !serves(names[i]);
        else if (needs_static_tls) wrong += strstr(reason, "autopmr::backends") == NULL && strstr(reason, "not built") == NULL;
    }
    if (*why_not("system") != 0) ++wrong;
    printf("%d wrong\n", wrong);
    return wrong != 0;
}
