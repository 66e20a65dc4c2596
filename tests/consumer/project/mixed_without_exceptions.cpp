#include "mixed.hpp"

#if defined(__cpp_exceptions)
#error "this file is the one without exceptions"
#endif

bool works_without_exceptions() {
    autopmr::observed<counting> counted(std::pmr::new_delete_resource());
    std::pmr::memory_resource&  as_users_see_it = counted;
    void*                       block = as_users_see_it.allocate(100);
    const bool                  counts = counted.observer().live == 1 && counted.observer().pending == 0;
    as_users_see_it.deallocate(block, 100);

    // The named decorators come ready made from the library.
    autopmr::limit_resource limited(1000, std::pmr::new_delete_resource());
    as_users_see_it.deallocate(as_users_see_it.allocate(100), 100);
    void* within = limited.allocate(1000);
    limited.deallocate(within, 1000);
    return counts && counted.observer().live == 0 && limited.observer().now().live == 0;
}
