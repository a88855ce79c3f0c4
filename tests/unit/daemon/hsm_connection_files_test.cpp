#include "appliance/daemon/hsm_connection_files.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "appliance/base/file.hpp"

namespace kaito::daemon {
namespace {

constexpr std::string_view kGood =
    "token-uri = \"pkcs11:token=ACME;serial=1?pin-source=file:/etc/kaito/hsm/acme.pin\"\n"
    "module = \"/usr/lib/vendor.so\"\n"
    "module-environment = [\"A=1\", \"B=2\"]\n"
    "org = [\"0190163d-8694-739b-aea5-966c26f8ad91\", \"0190163d-8694-739b-aea5-966c26f8ad92\"]\n"
    "deadline-ms = 700\n";

class NoLog final : public LogSink {
 public:
  void write(LogLevel, std::string_view line) override { lines += line; }
  std::string lines;
};

class HsmConnectionFiles : public testing::Test {
 protected:
  HsmConnectionFiles() {
    std::string name = (std::filesystem::temp_directory_path() / "kaito-test-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~HsmConnectionFiles() override { std::filesystem::remove_all(directory_); }
  std::filesystem::path write(const std::string& name, std::string_view text) {
    auto file = directory_ / name;
    EXPECT_TRUE(write_file_atomically(file, as_bytes(text)));
    return file;
  }
  static Code refusal(const std::filesystem::path& file) {
    const auto read = read_hsm_connection(file, "/worker");
    return read ? Code::internal : read.error().code;
  }

  std::filesystem::path directory_;
};

TEST_F(HsmConnectionFiles, OneFileIsOneHsm) {
  const auto read = read_hsm_connection(write("acme.conf", kGood), "/worker");
  ASSERT_TRUE(read) << read.error().describe();
  EXPECT_EQ(read->name, "acme");
  EXPECT_EQ(read->pin_file, "/etc/kaito/hsm/acme.pin");
  EXPECT_EQ(read->orgs.size(), 2U);
  EXPECT_TRUE(read->client.customer);
  EXPECT_TRUE(read->client.token_directory.empty());
  EXPECT_EQ(read->client.worker, "/worker");
  EXPECT_EQ(read->client.module, "/usr/lib/vendor.so");
  EXPECT_EQ(read->client.environment.size(), 2U);
  EXPECT_EQ(read->client.call_deadline, Milliseconds(700));
}

TEST_F(HsmConnectionFiles, WhatIsWrongIsRefused) {
  EXPECT_EQ(refusal(write("Acme.conf", kGood)), Code::configuration) << "its name";
  EXPECT_EQ(refusal(write("a.conf", "module = \"/m.so\"\n")), Code::configuration) << "no token";
  EXPECT_EQ(refusal(write("b.conf", "token-uri = \"pkcs11:token=x\"\nmodule = \"m.so\"\n")), Code::configuration)
      << "relative";
  EXPECT_EQ(refusal(write("c.conf", "token-uri = \"pkcs11:token=x\"\norg = \"acme\"\n")), Code::configuration)
      << "no id";
  EXPECT_EQ(refusal(write("d.conf", "token-uri = \"pkcs11:token=x\"\ncolour = 1\n")), Code::configuration) << "unknown";
  EXPECT_EQ(refusal(write("e.conf", "token-uri = \"pkcs11:token=x\"\nmodule-environment = \"LD_PRELOAD=/evil.so\"\n")),
            Code::configuration);
  EXPECT_EQ(refusal(directory_ / "none.conf"), Code::configuration);
}

TEST_F(HsmConnectionFiles, AFileThatOthersMayWriteIsRefusedAndSoIsALink) {
  const auto file = write("acme.conf", kGood);
  ::chmod(file.c_str(), 0620);
  EXPECT_EQ(refusal(file), Code::configuration);
  ::chmod(file.c_str(), 0640);
  EXPECT_TRUE(read_hsm_connection(file, "/worker"));
  std::filesystem::create_symlink(file, directory_ / "link.conf");
  EXPECT_EQ(refusal(directory_ / "link.conf"), Code::configuration);
}

TEST_F(HsmConnectionFiles, OneThatIsWrongKeepsNoOtherOut) {
  write("acme.conf", kGood);
  write("broken.conf", "token-uri\n");
  write("notes.txt", "no configuration");
  Config config;
  config.hsm_connections = directory_;
  config.hsm_worker = "/worker";
  NoLog sink;
  const SystemClock clock;
  Logger log(sink, clock);
  const auto all = read_hsm_connections(config, log);
  ASSERT_TRUE(all) << all.error().describe();
  ASSERT_EQ(all->right.size(), 1U);
  EXPECT_EQ(all->right[0].name, "acme");
  EXPECT_EQ(all->wrong, std::vector<std::string>{"broken"});
  EXPECT_NE(sink.lines.find("broken.conf"), std::string::npos);
  config.hsm_connections = directory_ / "none";
  const auto none = read_hsm_connections(config, log);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::configuration);
  EXPECT_NE(none.error().detail.find("none"), std::string::npos);
}

}  // namespace
}  // namespace kaito::daemon
