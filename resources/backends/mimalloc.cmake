autopmr_backend_library(MIMALLOC mimalloc libmimalloc.so.2)
