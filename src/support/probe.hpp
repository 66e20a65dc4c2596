#pragma once
/// \file
/// Static probes (USDT) of the provider "autopmr", for bpftrace, perf, SystemTap and gdb: docs/tools.md lists them.
///
/// One instruction that does nothing, and a note in the file that says where it stands and where its arguments are. Only off the
/// hot paths: an argument must be at hand when the probe is passed, and that may cost a register. Absent where the library was
/// built without <sys/sdt.h> (Debian: systemtap-sdt-dev).

#if defined(__ELF__) && __has_include(<sys/sdt.h>)
#define SDT_USE_VARIADIC
#include <sys/sdt.h>
#define AUTOPMR_PROBE(name, ...) STAP_PROBEV(autopmr, name, __VA_ARGS__)
#else
#define AUTOPMR_PROBE(name, ...) static_cast<void>(0)
#endif
