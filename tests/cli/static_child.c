/* Statically linked: nothing can be preloaded into it. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void) {
    free(malloc(1000));
    printf("process %ld\n", (long)getpid());
    fflush(stdout);
    while (getchar() != EOF) {}
    return 0;
}
