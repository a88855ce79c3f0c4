// The journal's other office: it alone makes the replies that a connection can write.
#include "appliance/audit/journal.hpp"
#include "appliance/base/json_text.hpp"

namespace kaito::audit {

http::SealedReply Journal::seal(http::Reply reply, [[maybe_unused]] Receipt receipt) {
  return http::SealedReply(std::move(reply));
}

http::SealedReply Journal::seal_public(http::Reply reply) { return http::SealedReply(std::move(reply)); }

http::SealedReply Journal::refuse(const Error& error, const RequestId& request, const ProblemOptions& options) {
  return http::SealedReply(problem(error, request, options));
}

http::Reply Journal::problem(const Error& error, const RequestId& request, const ProblemOptions& options) {
  const CodeTraits& row = traits(error.code);
  http::Reply reply{.status = options.status.value_or(row.http_status), .content_type = "application/problem+json"};
  JsonObjectWriter body(reply.body);
  // RFC 9457 §3.1.1 allows any URI; a URN promises no page, which a box without a way out could not show.
  body.text("type", "urn:kaito:problem:" + std::string(row.slug));
  body.text("title", row.title);
  body.number("status", reply.status);
  if (!error.reason.empty()) body.text("detail", error.field.empty() ? error.reason : error.field + ' ' + error.reason);
  if (!error.field.empty()) body.text("field", error.field);
  if (!request.is_nil()) body.text("request_id", request.str());
  body.close();
  if (row.retry_after) reply.headers.push_back({"Retry-After", std::to_string(options.retry_after.count())});
  // RFC 9110 §11.6.1: a 401 names a scheme. Bearer, since no browser opens a password box for it.
  if (reply.status == 401) reply.headers.push_back({"WWW-Authenticate", R"(Bearer realm="kaito")"});
  return reply;
}

}  // namespace kaito::audit
