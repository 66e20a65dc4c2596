#pragma once
/// \file
/// Children for all tests: the testing kit's.

#include "src/testing/child.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace autopmr_test {

using autopmr::testing::child_end;
using autopmr::testing::in_child;

}  // namespace autopmr_test
