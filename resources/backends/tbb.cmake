autopmr_backend_library(TBB tbbmalloc libtbbmalloc.so.2)
