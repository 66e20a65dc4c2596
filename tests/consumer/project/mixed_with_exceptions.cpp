#include "mixed.hpp"

#include <new>

bool works_with_exceptions() {
    autopmr::observed<counting> counted(std::pmr::new_delete_resource());
    std::pmr::memory_resource&  as_users_see_it = counted;
    void*                       block = as_users_see_it.allocate(100);
    const bool                  counts = counted.observer().live == 1 && counted.observer().pending == 0;
    as_users_see_it.deallocate(block, 100);
    return counts && counted.observer().live == 0;
}

bool undoes_with_exceptions() {
    autopmr::observed<counting> counted(std::pmr::null_memory_resource());
    std::pmr::memory_resource&  as_users_see_it = counted;
    try {
        static_cast<void>(as_users_see_it.allocate(100));
        return false;
    } catch (const std::bad_alloc&) {
    }
    return counted.observer().pending == 0 && counted.observer().cancelled == 1;
}
