#pragma once
/// \file
/// Boost.Asio and Beast over a resource: what a handler's operation needs, and what a message or a buffer holds.
///
/// bind_resource(&arena, handler) is the handler with a std::pmr allocator associated: Asio takes the memory of the operation it is
/// passed to from there, and gives it back before the handler is called. The Beast names are Beast's own templates with std::pmr
/// allocators: construct them from a resource. The resource lives longer than the operation or the object, and is safe for the
/// threads that run the io_context. Refusals are the resource's exceptions: from initiating functions they reach the caller; out of
/// an operation that is under way they leave io_context::run(), so give operations memory that is there. Not through here: frames of
/// boost::asio::awaitable, see docs/adapters/asio.md; for coroutines of your own there is coroutine_frame.hpp.

#include <boost/asio/bind_allocator.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <cstddef>
#include <memory_resource>
#include <string>
#include <tuple>
#include <utility>

namespace autopmr {

template <class Handler>
[[nodiscard]] auto bind_resource(std::pmr::memory_resource* from, Handler&& handler) {
    return boost::asio::bind_allocator(std::pmr::polymorphic_allocator<std::byte>(from), std::forward<Handler>(handler));
}

namespace beast {

using allocator = std::pmr::polymorphic_allocator<char>;
using flat_buffer = boost::beast::basic_flat_buffer<allocator>;
using fields = boost::beast::http::basic_fields<allocator>;
using string_body = boost::beast::http::basic_string_body<char, std::char_traits<char>, allocator>;
using request = boost::beast::http::request<string_body, fields>;
using response = boost::beast::http::response<string_body, fields>;
using request_parser = boost::beast::http::request_parser<string_body, allocator>;
using response_parser = boost::beast::http::response_parser<string_body, allocator>;

/// A message, or a parser of one, with head and body in `from`.
template <class Message>
[[nodiscard]] Message make(std::pmr::memory_resource* from) {
    return Message(std::piecewise_construct, std::make_tuple(allocator(from)), std::make_tuple(allocator(from)));
}

}  // namespace beast
}  // namespace autopmr
