/* Says whose malloc it uses, then does as it is told: "wait" for the end of standard input, "exit N", "signal N",
   "arguments ..." to print them. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int count, char** words) {
    Dl_info where;
    memset(&where, 0, sizeof where);
    dladdr(dlsym(RTLD_DEFAULT, "malloc"), &where);
    free(malloc(1000));
    printf("malloc from %s\n", where.dli_fname ? where.dli_fname : "?");
    printf("process %ld\n", (long)getpid());
    fflush(stdout);
    if (count > 1 && strcmp(words[1], "wait") == 0)
        while (getchar() != EOF) {}
    if (count > 2 && strcmp(words[1], "exit") == 0) return atoi(words[2]);
    if (count > 2 && strcmp(words[1], "signal") == 0) raise(atoi(words[2]));
    if (count > 1 && strcmp(words[1], "arguments") == 0)
        for (int i = 0; i != count; ++i) printf("[%s]\n", words[i]);
    return 0;
}
