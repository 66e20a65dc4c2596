// The reader on files that are whole, cut, flipped and made up.
#include "src/formats/trace.hpp"

#include <autopmr/decorators/tracing.hpp>

#include "src/formats/trace_layout.hpp"
#include "support/sanitized.hpp"
#include "support/traces.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory_resource>
#include <string>
#include <vector>

using namespace autopmr;
using namespace autopmr_test;
using namespace autopmr::trace_layout;

namespace {

/// A file of all forms of events, of two threads' streams and two names, closed.
std::string whole_file() {
    const trace_path path;
    {
        trace_file          file(path.text());
        tracing_resource    traced(file, "first", std::pmr::new_delete_resource());
        tracing_resource    second(file, "second name", std::pmr::new_delete_resource());
        const trace_subject far = file.subject("first");
        for (int i = 0; i != 40; ++i) {
            const std::size_t bytes = static_cast<std::size_t>(i) * 5000, alignment = std::size_t{1} << i % 8;
            void*             p = traced.allocate(bytes, alignment);
            void*             q = second.allocate(24, 8);
            second.deallocate(q, 24, 8);
            traced.deallocate(p, bytes, alignment);
            if (i % 10 == 0) file.flush();
        }
        far.put(trace_op::deallocate, reinterpret_cast<void*>(~std::uintptr_t{7}), std::size_t{1} << 40, 3);
        far.put(trace_op::failed, nullptr, std::size_t{1} << 33, 64);
    }
    return bytes_of(path);
}

template <class Value>
void set(std::string& file, std::size_t at, Value value) {
    std::memcpy(file.data() + at, &value, sizeof value);
}

void fails(const std::string& file, const char* words) {
    const trace_contents all = read_trace(file);
    CAPTURE(all.error);
    CHECK_FALSE(all.ok());
    CHECK(all.error.find(words) != std::string::npos);
    CHECK(all.events.empty());
}

std::string is_damaged(const std::string& file) {
    const trace_contents all = read_trace(file);
    CHECK(all.ok());
    return all.damage;
}

/// Events of one stream; the last three are its times.
traced_event event(trace_op op, std::uint64_t address, std::uint32_t stream, std::uint64_t time, std::uint64_t until,
    std::uint64_t bytes = 8) {
    traced_event one;
    one.op = op;
    one.address = address;
    one.bytes = bytes;
    one.alignment = 8;
    one.stream = stream;
    one.time = time;
    one.until = until;
    return one;
}

}  // namespace

TEST_CASE("a whole file is read to its end") {
    const trace_contents all = read_trace(whole_file());
    REQUIRE(all.ok());
    CHECK(all.damage.empty());
    CHECK(all.closed);
    CHECK(all.version == 1);
    CHECK(all.events.size() == 162);
    CHECK(all.written == 162);
    CHECK(all.subsystems == std::vector<std::string>{"first", "second name"});
    const traced_event& wide = all.events[160];
    CHECK(wide.address == ~std::uint64_t{7});
    CHECK(wide.bytes == std::uint64_t{1} << 40);
    CHECK(wide.alignment == 3);
    CHECK(all.events[161].bytes == std::uint64_t{1} << 33);
    CHECK(all.events[161].alignment == 64);
    for (std::size_t i = 0; i != 40; ++i) {
        CHECK(all.events[4 * i].bytes == i * 5000);
        CHECK(all.events[4 * i].alignment == std::uint64_t{1} << i % 8);
        CHECK(all.events[4 * i].address == all.events[4 * i + 3].address);
        CHECK(all.events[4 * i + 1].subsystem == 1);
    }
}

TEST_CASE("what is no trace file is refused, with the place where that shows") {
    const std::string good = whole_file();
    fails("", "no trace file: its mark is missing at offset 0");
    fails("AUTOPMR", "its mark is missing");
    fails("#!/bin/sh\necho this is something else, and longer than a header of fifty-six bytes\n", "its mark is missing");
    fails(good.substr(0, 30), "the file ends in its header at offset 30");
    std::string other = good;
    set(other, offsetof(file_header, version), std::uint32_t{2});
    fails(other, "version 2, where 1 can be read, at offset 8");
    other = good;
    set(other, offsetof(file_header, byte_order), std::uint32_t{0x01020305});
    fails(other, "unknown byte order at offset 12");
    CHECK(read_trace_file("/no/such/trace").error == "/no/such/trace: can't be read: No such file or directory");
    CHECK(read_trace_file("/").error == "/: can't be read: Is a directory");
}

TEST_CASE("a file of the other byte order is read the same") {
    const std::string good = whole_file();
    std::string       other = good;
    const auto        turn = [&](std::size_t at, std::size_t bytes) {
        std::reverse(
                   other.begin() + static_cast<std::ptrdiff_t>(at), other.begin() + static_cast<std::ptrdiff_t>(at + bytes));
    };
    turn(8, 4);
    turn(12, 4);
    for (std::size_t at = 16; at != sizeof(file_header); at += 8) turn(at, 8);
    for (std::size_t at = sizeof(file_header); at != good.size();) {
        chunk_header chunk;
        std::memcpy(&chunk, good.data() + at, sizeof chunk);
        for (std::size_t i = 0; i != 24; i += 4) turn(at + i, 4);
        for (std::size_t i = 24; i != sizeof chunk; i += 8) turn(at + i, 8);
        at += sizeof chunk;
        if (chunk.kind != chunk_kind::name)
            for (std::size_t i = 0; i != chunk.bytes; i += 8) turn(at + i, 8);
        at += chunk.bytes;
    }
    const trace_contents a = read_trace(good), b = read_trace(other);
    REQUIRE(b.ok());
    CHECK(b.damage.empty());
    CHECK(b.written == a.written);
    CHECK(b.subsystems == a.subsystems);
    REQUIRE(b.events.size() == a.events.size());
    for (std::size_t i = 0; i != a.events.size(); ++i) {
        CHECK(a.events[i].address == b.events[i].address);
        CHECK(a.events[i].bytes == b.events[i].bytes);
        CHECK(a.events[i].time == b.events[i].time);
    }
}

TEST_CASE("a file that is cut anywhere gives what is whole, and says where it ends") {
    const std::string    good = whole_file();
    const trace_contents all = read_trace(good);
    std::size_t          before = 0;
    for (std::size_t size = sizeof(file_header); size != good.size(); ++size) {
        const trace_contents part = read_trace(std::string_view(good).substr(0, size));
        CAPTURE(size);
        REQUIRE(part.ok());
        REQUIRE_FALSE(part.closed);
        REQUIRE(part.events.size() >= before);
        before = part.events.size();
        for (std::size_t i = 0; i != part.events.size(); ++i) REQUIRE(part.events[i].address == all.events[i].address);
    }
    CHECK(before == all.events.size());
    CHECK(is_damaged(good.substr(0, good.size() - 1)).find("the file ends in the chunk that begins at offset ") == 0);
}

TEST_CASE("a chunk that makes no sense is said with its offset") {
    const std::string good = whole_file();
    const std::size_t first = sizeof(file_header), named = offsetof(chunk_header, number);
    const auto        with = [&](std::size_t at, auto value) {
        std::string file = good;
        set(file, at, value);
        return is_damaged(file);
    };
    CHECK(with(first, std::uint32_t{1}) == "no chunk begins, where one should, at offset 56");
    CHECK(with(first + offsetof(chunk_header, bytes), std::uint32_t{9}) == "a chunk of an odd length at offset 56");
    CHECK(with(first + offsetof(chunk_header, bytes), std::uint32_t{0xfffffff8}) ==
          "the file ends in the chunk that begins at offset 56");
    CHECK(with(first + named, std::uint32_t{7}) == "a name that makes no sense at offset 56");
    CHECK(with(first + offsetof(chunk_header, count), std::uint32_t{700}) == "a name that makes no sense at offset 56");
    CHECK(with(first + offsetof(chunk_header, kind), std::uint32_t{77}).find("a name that makes no sense") ==
          0);  // the second is now the first
    const std::size_t events = first + 2 * sizeof(chunk_header) + 8 + 16;
    CHECK(with(events + offsetof(chunk_header, goes_on), std::uint32_t{1}) ==
          "the beginning of a stream is missing: it goes on at offset " + std::to_string(events));
    CHECK(with(events + offsetof(chunk_header, count), std::uint32_t{1}).find("a chunk with another number of events") == 0);
    CHECK(with(events + sizeof(chunk_header), std::uint64_t{6}) ==
          "an event of an unknown form at offset " + std::to_string(events + sizeof(chunk_header)));
}

TEST_CASE("no bytes make the reader do anything but read") {
    const std::string good = whole_file();
    std::uint32_t     seed = 7;
    const auto        next = [&] { return seed = seed * 1664525u + 1013904223u, seed >> 8; };
    const int         rounds = under_tsan ? 500 : 5000;
    std::size_t       damaged = 0, refused = 0;
    for (int round = 0; round != rounds; ++round) {
        std::string file = good;
        for (unsigned flips = 1 + next() % 8; flips != 0; --flips) {
            switch (next() % 4) {
                case 0: file[next() % file.size()] = static_cast<char>(next()); break;
                case 1: file[next() % file.size()] ^= static_cast<char>(1u << next() % 8); break;
                case 2: file.resize(1 + next() % file.size()); break;
                default:
                    set(file, next() % (file.size() < 8 ? 1 : file.size() - 7),
                        file.size() < 8 ? char{} : static_cast<char>(0xff));
                    break;
            }
        }
        const trace_contents all = read_trace(file);
        refused += all.ok() ? 0 : 1;
        damaged += all.damage.empty() ? 0 : 1;
        REQUIRE(all.events.size() <= file.size() / 8);
    }
    CHECK(refused != 0);
    CHECK(damaged > refused);
    std::string noise(sizeof(file_header), '\0');
    noise.replace(0, noise.size(), good, 0, noise.size());
    for (int round = 0; round != rounds / 10; ++round) {
        std::string file = noise;
        for (unsigned words = next() % 200; words != 0; --words)
            file.append(8, static_cast<char>(next() % 5 == 0 ? next() : 0));
        static_cast<void>(read_trace(file));
    }
}

TEST_CASE("threads are merged by time, and where that leaves a choice so that it makes sense") {
    using o = trace_op;
    const auto order = [](const std::vector<std::vector<traced_event>>& streams) {
        std::string text;
        for (const traced_event& e : merge_streams(streams)) {
            text += e.op == o::allocate ? 'a' : 'f';
            text += std::to_string(e.stream);
        }
        return text;
    };
    // By exact times.
    CHECK(order({{event(o::allocate, 8, 0, 10, 10), event(o::deallocate, 8, 0, 30000, 30000)},
              {event(o::allocate, 16, 1, 20000, 20000)}}) == "a0a1f0");
    // The free may be anywhere from 5 to 90000: after the block was allocated.
    CHECK(order({{event(o::allocate, 8, 0, 40000, 40000)}, {event(o::deallocate, 8, 1, 5, 90000)}}) == "a0f1");
    // The address is given out again: the free was before that.
    CHECK(order({{event(o::allocate, 8, 0, 10, 10), event(o::deallocate, 8, 0, 10, 90000)},
              {event(o::allocate, 8, 1, 20000, 20000), event(o::deallocate, 8, 1, 40000, 40000)}}) == "a0f0a1f1");
    // One that waits holds back what follows it in its thread.
    CHECK(order({{event(o::allocate, 8, 0, 40000, 40000)},
              {event(o::deallocate, 8, 1, 5, 90000), event(o::allocate, 24, 1, 5, 90000)}}) == "a0f1a1");
    // A free whose allocation is in no file is taken at last.
    CHECK(order({{event(o::allocate, 8, 0, 40000, 40000)},
              {event(o::deallocate, 32, 1, 5, 9000), event(o::allocate, 24, 1, 9000, 9000)}}) == "f1a1a0");
    // A thread that can't have come soon has paused: of two frees that would do it is the other's, which can't have been later.
    CHECK(order({{event(o::allocate, 8, 0, 4000, 4000), event(o::deallocate, 8, 0, 20000, 20400),
                     event(o::allocate, 8, 0, 50000, 50000)},
              {event(o::deallocate, 8, 1, 5, 90000)}}) == "a0f0a0f1");
}
