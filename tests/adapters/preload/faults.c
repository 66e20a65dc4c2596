/* Faults of programs that use malloc: one by its name. What is not found ends with status 0. */
#define _GNU_SOURCE
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <pthread.h>

static volatile char sink;
/* So that the compiler believes in none of them. */
static void* hidden(volatile void* p) {
    __asm__ volatile("" : "+r"(p) : : "memory");
    return (void*)p;
}
static char* get(size_t n) { return hidden(malloc(n)); }

static void* racer(void* p) {
    free((void*)p);
    return NULL;
}

static void churn(int times) {
    for (int i = 0; i < times; ++i) free(get(64));
}

int main(int count, char** words) {
    const char* which = count > 1 ? words[1] : "";
    volatile char* p;
#define FAULT(name) else if (strcmp(which, name) == 0)
    if (strcmp(which, "none") == 0) {
        for (int i = 0; i < 1000; ++i) {
            p = get((size_t)i);
            memset((void*)p, 1, (size_t)i);
            p = hidden(realloc((void*)p, (size_t)(i * 2 + 1)));
            if (i > 0 && p[i - 1] != 1) return 3;
            free((void*)p);
        }
        p = hidden(calloc(100, 10));
        for (int i = 0; i < 1000; ++i)
            if (p[i] != 0) return 4;
        free((void*)p);
        if (((uintptr_t)(p = hidden(aligned_alloc(4096, 8192))) & 4095) != 0) return 5;
        free((void*)p);
        void* q = NULL;
        if (posix_memalign(&q, 64, 100) != 0 || ((uintptr_t)q & 63) != 0) return 6;
        if (malloc_usable_size(q) < 100) return 7;
        free(q);
        if (posix_memalign(&q, 3, 100) == 0) return 8;
        if (hidden(calloc(SIZE_MAX / 2, 3)) != NULL) return 9;
        if (hidden(malloc(SIZE_MAX - 8)) != NULL) return 10;
        int child = fork();
        if (child == 0) {
            free(get(10));
            _exit(0);
        }
        int status = 1;
        waitpid(child, &status, 0);
        return status;
    }
    FAULT("write_past_exact") { p = get(64); p[64] = 1; }
    FAULT("read_past_exact") { p = get(64); sink = p[64]; }
    FAULT("write_past_slack") { p = get(61); p[61] = 1; free((void*)p); }
    FAULT("read_past_slack") { p = get(61); sink = p[61]; free((void*)p); }
    FAULT("write_past_64") { p = get(64); memset((void*)p + 64, 1, 64); }
    FAULT("write_far") { p = get(64); p[64 + 4000] = 1; }
    FAULT("write_before") { p = get(64); p[-1] = 1; free((void*)p); }
    FAULT("write_before_16") { p = get(64); p[-16] = 1; free((void*)p); }
    FAULT("read_before") { p = get(64); sink = p[-1]; free((void*)p); }
    FAULT("read_page_before") { p = get(64); sink = p[-4097]; free((void*)p); }
    FAULT("uaf_read") { p = get(64); free((void*)p); sink = p[0]; }
    FAULT("uaf_write") { p = get(64); free((void*)p); p[8] = 1; }
    FAULT("uaf_read_1k") { p = get(64); free((void*)p); churn(1000); sink = p[0]; }
    FAULT("uaf_read_30k") { p = get(64); free((void*)p); churn(30000); sink = p[0]; }
    FAULT("uaf_realloc") { p = get(64); char* q = hidden(realloc((void*)p, 128)); sink = p[0]; free(q); }
    FAULT("double_free") { p = get(64); free((void*)p); free(hidden(p)); }
    FAULT("double_free_delayed") { p = get(64); free((void*)p); churn(10000); free(hidden(p)); }
    FAULT("double_free_racing") {
        p = get(64);
        pthread_t a, b;
        pthread_create(&a, NULL, racer, (void*)p);
        pthread_create(&b, NULL, racer, (void*)p);
        pthread_join(a, NULL);
        pthread_join(b, NULL);
    }
    FAULT("free_interior") { p = get(64); free(hidden(p + 16)); }
    FAULT("free_stack") { char local[64]; free(hidden(local + 16)); }
    FAULT("realloc_freed") { p = get(64); free((void*)p); sink = *(char*)hidden(realloc(hidden(p), 10)); }
    FAULT("zero_size_read") { p = get(0); sink = *p; }
    FAULT("zero_size_write") { p = get(0); *p = 1; }
    else return 2;
    return 0;
}
