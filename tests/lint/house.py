"""The lists that the house keeps: layers, names, sizes, and who may see what. rules.py enforces them."""
import re

LAYERS = ["facts", "vocabulary", "parts", "choice", "bridges"]
PICTURE = """
    bridges      adapters/**  src/cli/**            + exactly the foreign library each is for
       |
    choice       selector  subsystem  policy  src/backend_table.cpp  autopmr.hpp
       |                                                      testing/ stands here too; nothing but tests includes it
    parts        backends | pools | decorators | guarded      parts do not include one another; a pool, decorator or
       |                                                      guard knows only the std::pmr interface of its upstream
       |                                                      (one exception: a backend may include the pool it publishes)
    vocabulary   backend  decision  resource_ptr  layer  observed  describe  ledger  errors  fault_report  src/support/*  src/formats/*
       |
    facts        platform.hpp  host.hpp  fixed_text.hpp  src/platform/*       std only; the os files also the OS

    Include downwards only."""

# Public headers (and sources named after them: src/<name>.cpp, src/<name>_<more>.cpp) by layer.
FACTS = {"thread_record", "platform", "host", "fixed_text"}
VOCABULARY = {"backend", "decision", "request", "tuning", "resource_ptr", "layer", "observed", "observer", "both_from", "pool_options", "chain", "ledger", "ledger_cell", "trace_cell", "trace_file", "errors", "fault_report", "fork_mutex", "describe", "guard_pool", "fault_handler", "secret_protection", "sample_countdown", "coroutine_frame", "propagating_allocator", "thread_allocator", "make_unique"}
CHOICE = {"secret_vector", "selector", "subsystem", "policy", "backend_table", "autopmr", "policy_file", "guard_stacks", "debug_default"}
PART_FOLDERS = {"backends", "pools", "decorators", "guarded"}

# The named concepts of src/support. One that is not here is a part in disguise or needs a line.
SUPPORT = {"per_thread", "call_stack", "report_text", "announce", "module", "direct", "json_text", "attempt", "chunk_heap", "chunk_store", "large_blocks", "fault_sources", "in_turn", "stack_store", "wipe", "fork_watch", "first_made", "value_once", "probe", "told"}

# What any bridge may stand on: the generic heaps. Else nobody includes a bridge.
BRIDGES_GROUND = {"c_heap", "c_heap_hooks", "sized_c_heap", "static_heap"}


def bridge(name):
    """The files of the bridge adapters/<name>.cmake: a row of VENDORS for its library ends with this."""
    return rf"(adapters|adapters/include/autopmr/adapters|tests/adapters|examples/adapters|bench/adapters)/({name})(_\w+)?\.\w+"


# A foreign header and the only files that may name it, as regular expressions.
VENDORS = [
    (r"mimalloc", r"resources/backends/mimalloc\w*\.\w+"),
    (r"jemalloc/", r"resources/backends/jemalloc\w*\.\w+"),
    (r"gperftools/", r"resources/backends/tcmalloc\w*\.\w+"),
    (r"(oneapi/)?tbb/", r"resources/backends/tbb\w*\.\w+"),
    (r"boost/", r"(examples/json_server/\w+|resources/backends/boost_pool\w*|tests/good_programs/boost_containers_test)\.\w+"),
    (r"toml(\+\+/|\.hpp)", r"src/policy_file\.cpp"),
    (r"CLI/", r"src/cli/.*"),
    (r"fmt/", r"src/cli/.*"),
    (r"nlohmann/", r"(src/cli|tests)/.*"),
    (r"boost/", bridge("boost")),
    (r"boost/(asio|beast|system)", bridge("asio")),
    (r"nlohmann/", bridge("nlohmann")),
    (r"absl/", bridge("abseil")),
    (r"tsl/", bridge("tsl")),
    (r"(lua|lualib|lauxlib)\.h(pp)?", bridge("lua")),
    (r"sqlite3\.h", bridge("sqlite")),
    (r"openssl/", bridge("openssl")),
    (r"expat\.h", bridge("expat")),
    (r"libxml/", bridge("libxml2")),
    (r"pugixml\.hpp", bridge("pugixml")),
    (r"jansson\.h", bridge("jansson")),
    (r"cjson/", bridge("cjson")),
    (r"rapidjson/", bridge("rapidjson")),
    (r"zlib\.h", bridge("zlib")),
    (r"zstd\w*\.h", bridge("zstd")),
    (r"lz4\w*\.h", bridge("lz4")),
    (r"brotli/", bridge("brotli")),
    (r"lzma\.h", bridge("lzma")),
    (r"bzlib\.h", bridge("bzip2")),
    (r"nghttp2/", bridge("nghttp2")),
    (r"curl/", bridge("curl")),
    (r"uv\.h", bridge("libuv")),
    (r"flatbuffers/", bridge("flatbuffers")),
    (r"google/protobuf/", bridge("protobuf")),
    (r"rocksdb/", bridge("rocksdb")),
    (r"catch2/", r"tests/support/.*|include/autopmr/testing/catch2_\w+\.hpp"),
    (r"benchmark/", r"bench/.*"),
    (r"sodium(\.h|/)", r"bench/.*"),
    (r"backtrace\.h", r"src/support/call_stack_module\.cpp"),
    (r"(sanitizer|valgrind)/", r"(src/support/announce|src/platform/).*"),
    (r"sys/sdt\.h", r"src/support/probe\.hpp"),
]
# Files that may name headers of the operating system.
SEES_THE_SYSTEM = r"(src/platform|src/cli|tests|bench|examples|adapters/preload)/.*|src/testing/child_posix\.cpp"

STANDARD = set("""algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes
climits clocale cmath codecvt compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint
cstdio cstdlib cstring ctime cuchar cwchar cwctype deque exception execution expected filesystem format forward_list fstream
functional future generator initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map mdspan
memory memory_resource mutex new numbers numeric optional ostream print queue random ranges ratio regex scoped_allocator
semaphore set shared_mutex source_location span spanstream sstream stack stacktrace stdexcept stdfloat stop_token streambuf
string string_view strstream syncstream system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set
utility valarray variant vector version
assert.h ctype.h errno.h fenv.h float.h inttypes.h limits.h locale.h math.h setjmp.h signal.h stdarg.h stdbool.h stddef.h
stdint.h stdio.h stdlib.h string.h time.h wchar.h wctype.h""".split())

PLATFORM_MACRO = re.compile(
    r"\b(_WIN32|_WIN64|_MSC_VER|__MINGW\w+__|__CYGWIN__|__linux__|__linux|__gnu_linux__|__unix__|__unix|__APPLE__|__MACH__"
    r"|TARGET_OS_\w+|__ANDROID(_API)?__|__FreeBSD__|__NetBSD__|__OpenBSD__|__DragonFly__|__sun|__illumos__|__wasm\w*__"
    r"|__EMSCRIPTEN__|__GLIBC(_MINOR)?__|__BIONIC__|__NEWLIB__|__x86_64__|__i386__|__aarch64__|__arm__|__riscv|__s390x__)\b")
FORBIDDEN_FOLDERS = {"detail", "details", "util", "utils", "common", "internal", "impl", "helpers", "misc"}
# Where a machine or a mirror was written down. Split, so that this file does not name any itself.
MACHINE_PATH = re.compile(r"(?<![\w.$}/])/(?:root|work|home/(?!user\b)\w+|Users/\w+)(?:/|\b)")
PACKAGE_HOST = re.compile(r"\b(?:[\w-]+\.)*(?:deb\.deb" r"ian|snapshot\.deb" r"ian|security\.deb" r"ian|archive\.ubu" r"ntu"
                          r"|pypi|pythonhosted|npm" r"js|crates)\.(?:org|com|io)\b")
PUBLIC_LINES, PUBLIC_CODE, SOURCE_LINES, EXAMPLE_LINES, OPTIONS = 120, 70, 300, 39, 6
# A library that is preloaded, not a bridge.
NO_BRIDGE = "adapters/preload/"
# The one header that may grow with the house: it only includes the others.
THE_LIST = "include/autopmr/autopmr.hpp"
THE_BIG_EXAMPLE = "examples/package_index.cpp"
