// Precompiled for every target: what most files use of the standard library, of Boost.JSON and of base. A file includes
// what it needs all the same.
#pragma once

#include <fmt/format.h>

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <coroutine>
#include <cstdint>
#include <cstring>
#include <deque>
#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "appliance/base/bytes.hpp"
#include "appliance/base/ids.hpp"
#include "appliance/base/log.hpp"
#include "appliance/base/result.hpp"
#include "appliance/base/secret.hpp"
#include "appliance/base/task.hpp"
#include "appliance/base/time.hpp"
