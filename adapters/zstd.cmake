# Debian: libzstd-dev <zstd.h>
autopmr_bridge(zstd PKG_CONFIG libzstd)
if(TARGET autopmr_zstd)
    target_compile_definitions(autopmr_zstd INTERFACE ZSTD_STATIC_LINKING_ONLY) # its allocators are of the part that this shows
endif()
