autopmr_bridge(c_heap GROUND c_heap_hooks sized_c_heap static_heap)
