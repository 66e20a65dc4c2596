// Reports where libautopmr-backtrace.so is not to be found: they name what is exported, and say why no more than that.
#include <autopmr/decorators/sentinel_resource.hpp>
#include <autopmr/decorators/tracking_resource.hpp>

#include <cstdio>
#include <memory_resource>

int main() {
    autopmr::tracking_resource tracking({}, std::pmr::new_delete_resource());
    autopmr::sentinel_resource sentinel(&tracking);
    void* const                block = sentinel.allocate(64);
    std::printf("%s%s", tracking.report().c_str(), sentinel.report().c_str());
    sentinel.deallocate(block, 64);
}
