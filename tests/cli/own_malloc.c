/* An executable that exports a malloc of its own, which no preloaded one can replace. It hands out memory and never takes
   it back. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static _Alignas(16) char heap[8 << 20];
static size_t            used = 16;

void* malloc(size_t size) {
    const size_t at = used;
    if (size > sizeof heap - 32 - used) return NULL;
    memcpy(heap + at, &size, sizeof size);
    used += (size + 31) & ~(size_t)15;
    return heap + at + 16;
}
void  free(void* block) { (void)block; }
void* calloc(size_t count, size_t size) {
    void* block = malloc(count * size);
    if (block != NULL) memset(block, 0, count * size);
    return block;
}
void* realloc(void* old, size_t size) {
    void*  block = malloc(size);
    size_t before = 0;
    if (block == NULL || old == NULL) return block;
    memcpy(&before, (char*)old - 16, sizeof before);
    return memcpy(block, old, before < size ? before : size);
}

int main(void) {
    printf("process %ld\n", (long)getpid());
    fflush(stdout);
    while (getchar() != EOF) {}
    return 0;
}
