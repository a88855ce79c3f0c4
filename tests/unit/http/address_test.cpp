#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include "appliance/http/client_address.hpp"
#include "appliance/http/connection_limits.hpp"
#include "appliance/http/ip_network.hpp"

namespace kaito::http {
namespace {

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }
IpNetwork network(std::string_view text) { return IpNetwork::parse(text).value(); }

TEST(IpAddress, ReadsAndWritesBothFamilies) {
  for (const std::string_view text : {"127.0.0.1", "255.255.255.255", "::", "::1", "2001:db8::1", "fe80::1:2"})
    EXPECT_EQ(address(text).str(), text);
  EXPECT_EQ(address("2001:DB8:0:0::1").str(), "2001:db8::1");
}

TEST(IpAddress, RefusesEverythingElse) {
  for (const std::string_view text : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4",
                                      "0x7f.0.0.1", "2130706433", "[::1]", "fe80::1%eth0", "::1:", "1.2.3.4:80",
                                      "1::2::3", "localhost", "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa"})
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0x", 9)));
}

TEST(IpAddress, HasOneValueForAMappedAddress) {
  EXPECT_EQ(address("::ffff:10.1.2.3"), address("10.1.2.3"));
  EXPECT_TRUE(address("::ffff:10.1.2.3").is_v4());
  sockaddr_in6 mapped{};
  mapped.sin6_family = AF_INET6;
  inet_pton(AF_INET6, "::ffff:10.1.2.3", &mapped.sin6_addr);
  EXPECT_EQ(IpAddress::from_socket(reinterpret_cast<const sockaddr&>(mapped)), address("10.1.2.3"));
  EXPECT_NE(address("::"), address("0.0.0.0"));
}

TEST(IpNetwork, ContainsWhatItsPrefixCovers) {
  EXPECT_TRUE(network("10.0.0.0/8").contains(address("10.255.0.1")));
  EXPECT_FALSE(network("10.0.0.0/8").contains(address("11.0.0.0")));
  EXPECT_TRUE(network("192.168.1.128/25").contains(address("192.168.1.129")));
  EXPECT_FALSE(network("192.168.1.128/25").contains(address("192.168.1.127")));
  EXPECT_TRUE(network("2001:db8::/33").contains(address("2001:db8:7fff::1")));
  EXPECT_FALSE(network("2001:db8::/33").contains(address("2001:db8:8000::1")));
  EXPECT_TRUE(network("0.0.0.0/0").contains(address("1.2.3.4")));
  EXPECT_FALSE(network("0.0.0.0/0").contains(address("::1"))) << "the other family";
  EXPECT_FALSE(network("::/0").contains(address("1.2.3.4"))) << "the other family";
  EXPECT_TRUE(network("10.1.2.3").contains(address("::ffff:10.1.2.3")));
  EXPECT_EQ(network("10.1.2.3").str(), "10.1.2.3/32");
}

TEST(IpNetwork, RefusesWhatMeansSomethingElse) {
  for (const std::string_view text :
       {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8/8", "::1/127",
        "2001:db8::/129", "/8", "10.0.0.0/ 8", "10.0.0.0/255.0.0.0"})
    EXPECT_FALSE(IpNetwork::parse(text)) << text;
}

IpAddress client(std::string_view socket, std::initializer_list<std::string_view> forwarded,
                 std::initializer_list<IpNetwork> trusted) {
  RequestHead head;
  head.socket_peer = address(socket);
  for (const std::string_view value : forwarded) head.add_field(HeaderName::x_forwarded_for, "X-Forwarded-For", value);
  return client_address(head, trusted);
}

TEST(ClientAddress, F42IgnoresForwardedForFromAnUntrustedPeer) {
  EXPECT_EQ(client("203.0.113.9", {"10.0.0.1"}, {}), address("203.0.113.9"));
  EXPECT_EQ(client("203.0.113.9", {"10.0.0.1"}, {network("10.0.0.0/8")}), address("203.0.113.9"));
}

TEST(ClientAddress, F42TakesTheRightMostAddressThatIsNoTrustedProxy) {
  const auto proxies = {network("10.0.0.0/8")};
  EXPECT_EQ(client("10.0.0.1", {"203.0.113.9"}, proxies), address("203.0.113.9"));
  EXPECT_EQ(client("10.0.0.1", {"1.1.1.1, 203.0.113.9, 10.0.0.2"}, proxies), address("203.0.113.9"));
  EXPECT_EQ(client("10.0.0.1", {"1.1.1.1", "203.0.113.9,\t10.0.0.2"}, proxies), address("203.0.113.9"));
  EXPECT_EQ(client("10.0.0.1", {"10.0.0.3, 10.0.0.2"}, proxies), address("10.0.0.3"));
  EXPECT_EQ(client("10.0.0.1", {}, proxies), address("10.0.0.1"));
}

TEST(ClientAddress, F42StopsAtAnEntryThatIsNoAddress) {
  const auto proxies = {network("10.0.0.0/8")};
  EXPECT_EQ(client("10.0.0.1", {"203.0.113.9, unknown, 10.0.0.2"}, proxies), address("10.0.0.2"));
  EXPECT_EQ(client("10.0.0.1", {"203.0.113.9:80"}, proxies), address("10.0.0.1"));
  EXPECT_EQ(client("10.0.0.1", {"203.0.113.9,"}, proxies), address("10.0.0.1"));
}

TEST(ConnectionLimits, CountsInAllAndByPeer) {
  ConnectionLimits limits(3, 2);
  EXPECT_TRUE(limits.enter(address("10.0.0.1"), false));
  EXPECT_TRUE(limits.enter(address("10.0.0.1"), false));
  EXPECT_FALSE(limits.enter(address("10.0.0.1"), false)) << "per peer";
  EXPECT_TRUE(limits.enter(address("10.0.0.1"), true)) << "exempt";
  EXPECT_FALSE(limits.enter(address("10.0.0.2"), false)) << "in all";
  EXPECT_EQ(limits.count(), 3U);
  EXPECT_FALSE(limits.wait_until_none(Milliseconds{0}));
  for (int i = 0; i < 3; ++i) limits.leave(address("10.0.0.1"));
  EXPECT_TRUE(limits.wait_until_none(Milliseconds{0}));
  EXPECT_TRUE(limits.enter(address("10.0.0.2"), false));
  limits.leave(address("10.0.0.2"));
}

TEST(ConnectionLimits, TakesOneIpv6NetworkForOnePeer) {
  ConnectionLimits limits(10, 1);
  EXPECT_TRUE(limits.enter(address("2001:db8:1:2::1"), false));
  EXPECT_FALSE(limits.enter(address("2001:db8:1:2:ffff::9"), false));
  EXPECT_TRUE(limits.enter(address("2001:db8:1:3::1"), false));
  limits.leave(address("2001:db8:1:2::1"));
  EXPECT_TRUE(limits.enter(address("2001:db8:1:2:ffff::9"), false));
  limits.leave(address("2001:db8:1:2:ffff::9"));
  limits.leave(address("2001:db8:1:3::1"));
}

}  // namespace
}  // namespace kaito::http
