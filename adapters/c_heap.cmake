autopmr_bridge(c_heap GROUND sized_c_heap static_heap)
