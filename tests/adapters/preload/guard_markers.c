/* Whether the kernel has guard markers: status 0. */
#include <sys/mman.h>
int main(void) {
    void* p = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return madvise(p, 4096, 102) == 0 ? 0 : 1;
}
