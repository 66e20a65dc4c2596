# Debian: liblz4-dev <lz4frame.h>
autopmr_bridge(lz4 PKG_CONFIG liblz4>=1.9.4)
if(TARGET autopmr_lz4)
    target_compile_definitions(autopmr_lz4 INTERFACE LZ4F_STATIC_LINKING_ONLY) # its allocators are of the part that this shows
endif()
