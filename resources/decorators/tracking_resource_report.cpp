#include <autopmr/decorators/tracking_resource.hpp>

#include <autopmr/errors.hpp>
#include <autopmr/fault_report.hpp>

#include "resources/decorators/tracking_resource_books.hpp"
#include "src/support/call_stack.hpp"
#include "src/support/report_text.hpp"

#include <algorithm>
#include <tuple>

namespace autopmr {
namespace {

/// The live blocks of one call stack.
struct site_sum {
    const tracked_block* oldest;
    std::size_t          blocks, bytes;
};

/// What lives at one instant, by site. Takes pages only.
class survey {
public:
    explicit survey(const tracking_books& books) noexcept : blocks_(books.copy(all_)), sites_(sort_and_count()) {
        if (sites_.size() == 0) return;
        site_sum* site = sites_.begin();
        for (const tracked_block& one : blocks_) {
            if (site->oldest != nullptr && site->oldest->frames != one.frames) ++site;
            if (site->oldest == nullptr) site->oldest = &one;
            ++site->blocks;
            site->bytes += one.bytes;
        }
        std::sort(sites_.begin(), sites_.end(), [](const site_sum& a, const site_sum& b) {
            return std::tuple(b.bytes, b.blocks, a.oldest->sequence) < std::tuple(a.bytes, a.blocks, b.oldest->sequence);
        });
    }
    [[nodiscard]] const tracking_books::sums& all() const noexcept { return all_; }
    /// Most bytes first; empty although something lives where there were no pages.
    [[nodiscard]] const mapped_row<site_sum>& sites() const noexcept { return sites_; }

private:
    mapped_row<site_sum> sort_and_count() const noexcept {
        std::sort(blocks_.begin(), blocks_.end(), [](const tracked_block& a, const tracked_block& b) {
            return std::tuple(a.frames, a.sequence) < std::tuple(b.frames, b.sequence);
        });
        std::size_t count = 0;
        const void* last = nullptr;
        for (const tracked_block& one : blocks_) {
            if (one.frames != last) ++count;
            last = one.frames;
        }
        return mapped_row<site_sum>(count);
    }

    tracking_books::sums      all_;
    mapped_row<tracked_block> blocks_;
    mapped_row<site_sum>      sites_;
};

report_text& amounts(report_text& line, std::size_t bytes, std::size_t blocks, const char* lives) noexcept {
    return line.number(bytes)
        .text(bytes == 1 ? " byte" : " bytes")
        .text(lives)
        .text(" in ")
        .number(blocks)
        .text(blocks == 1 ? " block" : " blocks");
}

struct indented {
    frame_line  line;
    void*       context;
    static void pass_on(void* to, std::string_view name) {
        report_text text;
        text.text("      ").text(name);
        static_cast<indented*>(to)->line(static_cast<indented*>(to)->context, text.view());
    }
};

void tell_site(const site_sum& site, frame_line line, void* context) {
    const tracked_block& oldest = *site.oldest;
    report_text          head;
    amounts(head.text("  "), site.bytes, site.blocks, "")
        .text(site.blocks == 1 ? ": allocation " : "; the oldest: allocation ");
    head.number(oldest.sequence).text(" by thread ").number(oldest.thread).text(", ");
    if (site.blocks != 1) head.number(oldest.bytes).text(" bytes ");
    head.text("aligned to ").number(oldest.alignment).text(" at ").address(oldest.address);
    line(context, head.view());
    indented each{line, context};
    name_frames(oldest.frames, oldest.depth, indented::pass_on, &each);
}

void tell(const survey& now, const char* lives, std::size_t most_sites, frame_line line, void* context) {
    const mapped_row<site_sum>& sites = now.sites();
    report_text                 head;
    amounts(head.text("tracking: "), now.all().bytes, now.all().blocks, lives);
    if (now.all().blocks != 0 && sites.size() == 0) {
        line(context, head.text("; no memory is left to say by whom").view());
        return;
    }
    if (sites.size() != 0) head.text(" from ").number(sites.size()).text(sites.size() == 1 ? " call site" : " call sites");
    line(context, head.view());
    const std::size_t shown = std::min(sites.size(), most_sites);
    std::for_each(sites.begin(), sites.begin() + shown, [&](const site_sum& site) { tell_site(site, line, context); });
    if (shown != sites.size()) {
        tracking_books::sums rest;
        std::for_each(sites.begin() + shown, sites.end(), [&](const site_sum& site) {
            rest.blocks += site.blocks;
            rest.bytes += site.bytes;
        });
        report_text more;
        more.text("  and ").number(sites.size() - shown).text(sites.size() - shown == 1 ? " more site: " : " more sites: ");
        line(context, amounts(more, rest.bytes, rest.blocks, "").view());
    }
    if (shown != 0) note_on_names(line, context);
}

void to_sink(void* context, std::string_view line) {
    const auto& options = *static_cast<const tracking_options*>(context);
    if (options.sink != nullptr) return options.sink(options.context, line);
    report_text whole;
    whole.text(line).write();
}

void write(const survey& now, const char* lives, tracking_options options) noexcept {
    tell(now, lives, options.most_sites, to_sink, &options);
}

void hand_over(const tracked_block* oldest) noexcept {
    fault_report leak;
    leak.kind = fault_kind::leak;
    leak.resource = "tracking";
    if (oldest != nullptr) {
        leak.address = oldest->address;
        leak.expected_bytes = oldest->bytes;
        leak.expected_alignment = oldest->alignment;
    }
    report_fault(leak);
}

}  // namespace

tracking_resource::~tracking_resource() {
    if (books_ == nullptr) return;
    if (options_.at_end != leak_answer::ignore) {
        const survey now(*books_);
        if (now.all().blocks != 0) write(now, " leaked", options_);
        if (options_.at_end == leak_answer::fault) {
            for (const site_sum& site : now.sites()) hand_over(site.oldest);
            if (now.all().blocks != 0 && now.sites().size() == 0) hand_over(nullptr);
        }
    }
    books_->unmake();
}

void tracking_resource::walk(void (*each)(const tracked_block&, void*), void* to) const {
    if (books_ == nullptr) return;
    tracking_books::sums            all;
    const mapped_row<tracked_block> blocks = books_->copy(all);
    if (blocks.size() != all.blocks)
        throw_out_of_memory(all.blocks * sizeof(tracked_block), alignof(tracked_block), "tracking");
    std::sort(blocks.begin(), blocks.end(),
        [](const tracked_block& a, const tracked_block& b) { return a.sequence < b.sequence; });
    for (const tracked_block& one : blocks) each(one, to);
}

std::string tracking_resource::report() const {
    std::string text;
    if (books_ != nullptr)
        tell(
            survey(*books_), " live", options_.most_sites,
            [](void* to, std::string_view line) { static_cast<std::string*>(to)->append(line).append("\n"); }, &text);
    return text;
}

void tracking_resource::write_report() const noexcept {
    if (books_ != nullptr) write(survey(*books_), " live", options_);
}

}  // namespace autopmr
