// Compiled with -fno-rtti: who asks these objects for their type at run time crashes.
#include <autopmr/adapters/boost.hpp>

#include <boost/container/pmr/memory_resource.hpp>

#include <memory_resource>

namespace autopmr_test {

boost::container::pmr::memory_resource& boost_without_rtti(std::pmr::memory_resource& upstream) {
    static autopmr::boost_resource<> over(&upstream);
    return over;
}

}  // namespace autopmr_test
