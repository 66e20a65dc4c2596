# Debian: libboost-container1.81-dev <boost/container/pmr/memory_resource.hpp>
# Debian: libboost-json1.81-dev <boost/json.hpp>
autopmr_bridge(boost
    FIND "find_package(Boost 1.75 QUIET COMPONENTS container json)"
    LINKS Boost::container Boost::json)
