# Debian: libboost1.81-dev <boost/beast.hpp>
autopmr_bridge(asio
    FIND "find_package(Boost 1.75 QUIET)\nfind_package(Threads QUIET)"
    LINKS Boost::headers Threads::Threads)
