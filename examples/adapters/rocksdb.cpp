// The machine's packages in RocksDB, read through a block cache on a budget: what does not fit in it comes from malloc.
#include <autopmr/adapters/rocksdb.hpp>
#include <autopmr/autopmr.hpp>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/table.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

int main() {
    std::ifstream status("/var/lib/dpkg/status");
    if (!status) return std::puts("skipped: no package list here"), 77;
    const auto folder = std::filesystem::temp_directory_path() / "autopmr_example_rocksdb";
    std::filesystem::remove_all(folder);
    // [cache]
    autopmr::limit_resource    budget(64 << 10);
    autopmr::limit_resource    more(1 << 20);
    autopmr::fallback_resource both(&budget, &more);  // RocksDB does not outlive a refusal
    const auto                 made = autopmr::rocksdb_allocator::make(&both);
    if (!made.answer) return std::puts(made.answer.why().data()), 1;
    rocksdb::LRUCacheOptions cache;
    cache.capacity = 128 << 10;
    cache.memory_allocator = made.allocator;
    // [/cache]
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = rocksdb::NewLRUCache(cache);
    rocksdb::Options options;
    options.create_if_missing = true;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    rocksdb::DB* opened = nullptr;
    if (!rocksdb::DB::Open(options, folder.string(), &opened).ok()) return 1;
    std::unique_ptr<rocksdb::DB> db(opened);
    std::size_t                  lines = 0, found = 0;
    for (std::string line; std::getline(status, line); ++lines) db->Put({}, std::to_string(lines), line);
    db->Flush({});
    std::string value;
    for (std::size_t i = 0; i < lines; i += 7) found += db->Get({}, std::to_string(i), &value).ok();
    const auto in_budget = budget.observer().now(), beyond = more.observer().now();
    std::printf("%zu of %zu lines read: the cache's blocks in the budget %zu bytes, beyond %zu\n", found, lines, in_budget.live, beyond.live);
    db.reset();
    std::filesystem::remove_all(folder);
    return found == (lines + 6) / 7 && in_budget.live > 0 && in_budget.peak <= 64 << 10 && beyond.count > 0 ? 0 : 1;
}
