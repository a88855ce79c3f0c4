// A formatted volume in a file of a directory of its own, with one way enrolled.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "luks/volume.hpp"
#include "luks/ways/enrolment.hpp"
#include "luks/ways/recovery_key.hpp"

namespace kaito::luks::test {

namespace fs = std::filesystem;

inline KdfCost cheap() { return KdfCost::for_random_secret(); }

class VolumeFile : public testing::Test {
 protected:
  static constexpr std::uintmax_t kBytes = 24 * 1024 * 1024;

  VolumeFile() {
    std::string pattern = (fs::temp_directory_path() / "kaito-luks-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    make_empty(device());
  }
  ~VolumeFile() override { fs::remove_all(directory_); }

  void SetUp() override {
    auto formatted = Volume::format(device(), {}, random_);
    ASSERT_TRUE(formatted) << formatted.error().describe();
    key_ = std::move(formatted->key);
    volume_.emplace(std::move(formatted->volume));
    const auto enrolled = enrol(*volume_, key_, words_, RecoveryRecord{}, cheap());
    ASSERT_TRUE(enrolled) << enrolled.error().describe();
  }

  static void make_empty(const fs::path& file) {
    std::ofstream(file).close();
    fs::resize_file(file, kBytes);
  }
  [[nodiscard]] fs::path device() const { return directory_ / "volume"; }
  [[nodiscard]] fs::path file(std::string_view name) const { return directory_ / name; }

  SystemRandom random_;
  fs::path directory_;
  VolumeKey key_;
  std::optional<Volume> volume_;
  RecoverySecret secret_ = RecoverySecret::random(32, random_);
  Passphrase words_ = recovery_text(secret_);
};

}  // namespace kaito::luks::test
