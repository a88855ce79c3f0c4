#include "provisioning/program.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <sstream>

namespace kaito::provisioning {
namespace {

TEST(Program, HasASessionOfItsOwnAndSoNoTerminal) {
  // proc(5), stat: pid, (comm), state, ppid, pgrp, session.
  const auto about = must_run({"cat", "/proc/self/stat"});
  ASSERT_TRUE(about) << about.error().describe();
  std::istringstream words(*about);
  std::string comm;
  std::string state;
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  words >> pid >> comm >> state >> parent >> group >> session;
  EXPECT_EQ(parent, ::getpid());
  EXPECT_EQ(session, pid);
  EXPECT_NE(session, ::getsid(0));
}

}  // namespace
}  // namespace kaito::provisioning
