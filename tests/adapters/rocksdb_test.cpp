#include <autopmr/adapters/rocksdb.hpp>
#include <autopmr/autopmr.hpp>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/table.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <memory_resource>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include "tests/adapters/support/each_failure.hpp"
#include "tests/support/child.hpp"

namespace {

using autopmr::install_answer;
using autopmr::rocksdb_allocator;
using autopmr_test::outcome;
using autopmr_test::traffic;

/// A database of 3,000 rows in a folder of its own, read through a cache whose memory a test chooses.
class database {
public:
    explicit database(std::shared_ptr<rocksdb::MemoryAllocator> memory)
        : folder_(std::filesystem::temp_directory_path() / ("autopmr_rocksdb_" + std::to_string(::getpid()))) {
        std::filesystem::remove_all(folder_);
        rocksdb::LRUCacheOptions cache;
        cache.capacity = 64 << 20;
        cache.memory_allocator = std::move(memory);
        rocksdb::BlockBasedTableOptions table;
        table.block_cache = cache_ = rocksdb::NewLRUCache(cache);
        rocksdb::Options options;
        options.create_if_missing = true;
        options.compression = rocksdb::kNoCompression;
        options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
        rocksdb::DB* opened = nullptr;
        REQUIRE(rocksdb::DB::Open(options, folder_.string(), &opened).ok());
        db_.reset(opened);
        for (int i = 0; i < 3000; ++i) REQUIRE(db_->Put({}, key(i), std::string(100, 'v')).ok());
        REQUIRE(db_->Flush({}).ok());
    }
    ~database() {
        db_.reset();
        cache_.reset();
        std::filesystem::remove_all(folder_);
    }
    /// Whether the rows are as they were. For any thread, so no assertion of Catch's.
    bool read_all() {
        std::string value;
        bool        fine = true;
        for (int i = 0; i < 3000; i += 20) fine = db_->Get({}, key(i), &value).ok() && value.size() == 100 && fine;
        return fine;
    }
    void        forget() { cache_->EraseUnRefEntries(); }
    std::size_t cached() const { return cache_->GetUsage(); }

private:
    static std::string key(int i) { return "row " + std::to_string(100'000 + i); }

    std::filesystem::path           folder_;
    std::shared_ptr<rocksdb::Cache> cache_;
    std::unique_ptr<rocksdb::DB>    db_;
};

/// Plain malloc that counts, and throws as RocksDB's own allocators do.
struct plain_allocator final : rocksdb::MemoryAllocator {
    std::size_t allocations = 0, bytes = 0, until_refusal = 0;
    const char* Name() const override { return "plain"; }
    void*       Allocate(std::size_t size) override {
        if (until_refusal != 0 && --until_refusal == 0) throw std::bad_alloc();
        return ++allocations, bytes += size, std::malloc(size);
    }
    void Deallocate(void* block) override { std::free(block); }
};

/// Reads, survives a bad_alloc, and closes: 0 where that went well.
int outlive(database& db) {
    try {
        db.read_all();
        return 1;
    } catch (const std::bad_alloc&) {
    }
    return db.read_all() ? 0 : 2;
}

}  // namespace

TEST_CASE("RocksDB: what a cache holds lies in its resource, and all comes back") {
    auto plain = std::make_shared<plain_allocator>();
    {
        database db(plain);
        REQUIRE(db.read_all());
    }
    REQUIRE(plain->allocations > 50);

    traffic at;
    {
        database db(rocksdb_allocator::make(&at).allocator);
        REQUIRE(db.read_all());
        CHECK(at.now().allocations == plain->allocations);
        CHECK(at.now().bytes == plain->bytes + 16 * plain->allocations);
        CHECK(db.cached() > 50 * 100);
    }
    CHECK(at.settled());
}

TEST_CASE("RocksDB: a cache on a resource with a fallback outlives every refusal") {
    traffic                    at, second;
    autopmr::fallback_resource both(&at, &second);
    {
        database   db(rocksdb_allocator::make(&both).allocator);
        REQUIRE(db.read_all());
        db.forget();
        const auto got = autopmr_test::each_failure(
            at,
            [&](traffic&) {
                REQUIRE(db.read_all());
                return db.forget(), outcome::served;
            },
            [](std::size_t) { return false; }, false, 2000, at.now().live);
        CHECK(got.traffic > 50);
        CHECK(second.now().allocations == got.rounds);
    }
    CHECK(at.settled());
    CHECK(second.settled());
}

TEST_CASE("RocksDB: what a refusal without a fallback does to it, it does over plain malloc too") {
    for (const std::size_t n : {1u, 30u}) {
        const auto ours = autopmr_test::in_child([&] {
            traffic  at;
            database db(rocksdb_allocator::make(&at).allocator);
            at.refuse(n);
            return outlive(db);
        }, 5);  // it may hang while it closes
        const auto plain = autopmr_test::in_child([&] {
            auto memory = std::make_shared<plain_allocator>();
            database db(memory);
            memory->until_refusal = n;
            return outlive(db);
        }, 5);  // it may hang while it closes
        CHECK(ours.exit_status == plain.exit_status);
        CHECK(ours.signal == plain.signal);
        CHECK(ours.hung == plain.hung);
        if (ours.exit_status != 0) WARN("RocksDB does not outlive refusal " << n << (ours.hung ? ": it hangs" : ": it ends"));
    }
}

TEST_CASE("RocksDB: threads read at once, from a resource that any thread may use and from no other") {
    autopmr::pool_resource pool;
    CHECK(rocksdb_allocator::make(&pool).answer.what == install_answer::one_thread_only);
    CHECK(rocksdb_allocator::make(&pool).allocator == nullptr);
    std::pmr::synchronized_pool_resource foreign;
    CHECK(rocksdb_allocator::make(&foreign).answer.what == install_answer::threads_unknown);
    CHECK(rocksdb_allocator::make(&foreign, autopmr::assume_any_thread).allocator != nullptr);

    traffic at;
    {
        database                 db(rocksdb_allocator::make(&at).allocator);
        std::vector<std::thread> readers;
        std::atomic<int>         fine{0};
        for (int i = 0; i < 4; ++i) readers.emplace_back([&] { fine += db.read_all() ? 1 : 0; });
        for (std::thread& one : readers) one.join();
        CHECK(fine == 4);
        CHECK(at.now().live > 50);
    }
    CHECK(at.settled());
}
