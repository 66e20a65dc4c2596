# Debian: libcurl4-openssl-dev <curl/curl.h>
autopmr_bridge(curl
    FIND "find_package(CURL QUIET)"
    LINKS CURL::libcurl
    PKG_CONFIG libcurl)
