# All forms of operator new and delete, as object files: they go into the final executable, never into a library, where they would
# serve whoever loads it and be loaded too late for what was allocated before.
if(WIN32 OR APPLE)
    set(reason "it needs weak symbols as ELF has them")
endif()
autopmr_bridge(new_delete OBJECT REASON "${reason}")
if(TARGET autopmr_new_delete)
    target_link_libraries(autopmr_new_delete INTERFACE
        "$<$<IN_LIST:$<TARGET_PROPERTY:TYPE>,SHARED_LIBRARY;MODULE_LIBRARY;STATIC_LIBRARY>:autopmr::new_delete_is_for_executables_only>")
endif()
