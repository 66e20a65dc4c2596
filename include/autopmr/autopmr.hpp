#pragma once
/// \file
/// Everything a program needs; include this one.
///
/// The headers below it can be included one by one where compile time matters. Not here: testing/, which is for tests.

#include <autopmr/backend.hpp>
#include <autopmr/backends/boost_pool.hpp>
#include <autopmr/backends/fixed_heap.hpp>
#include <autopmr/backends/jemalloc.hpp>
#include <autopmr/backends/jemalloc_arena.hpp>
#include <autopmr/backends/mimalloc.hpp>
#include <autopmr/backends/mimalloc_heap.hpp>
#include <autopmr/backends/new_delete.hpp>
#include <autopmr/backends/scudo.hpp>
#include <autopmr/backends/system.hpp>
#include <autopmr/backends/tbb.hpp>
#include <autopmr/backends/tcmalloc.hpp>
#include <autopmr/both_from.hpp>
#include <autopmr/chain.hpp>
#include <autopmr/decision.hpp>
#include <autopmr/decorators/limit.hpp>
#include <autopmr/decorators/sentinel_resource.hpp>
#include <autopmr/decorators/statistics.hpp>
#include <autopmr/decorators/tracing.hpp>
#include <autopmr/errors.hpp>
#include <autopmr/fault_report.hpp>
#include <autopmr/fixed_text.hpp>
#include <autopmr/host.hpp>
#include <autopmr/layer.hpp>
#include <autopmr/ledger.hpp>
#include <autopmr/ledger_cell.hpp>
#include <autopmr/observed.hpp>
#include <autopmr/platform.hpp>
#include <autopmr/policy.hpp>
#include <autopmr/request.hpp>
#include <autopmr/resource_ptr.hpp>
#include <autopmr/selector.hpp>
#include <autopmr/subsystem.hpp>
#include <autopmr/thread_record.hpp>
#include <autopmr/trace_cell.hpp>
#include <autopmr/trace_file.hpp>
#include <autopmr/tuning.hpp>
