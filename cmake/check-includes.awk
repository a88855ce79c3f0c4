# The rules of cmake/check-includes. Input: C++ files. Variable `order`: the folders, lowest first.
BEGIN {
  folders = split(order, name, /[ \t]+/)
  for (i = 1; i <= folders; ++i) level[name[i]] = i

  # Libraries that only one folder may see.
  split("boost/beast boost/asio/ssl sqlite3.h p11-kit/ libcryptsetup.h tss2/", library, " ")
  split("appliance/http/ appliance/http/ appliance/store/sqlite/ hsm/ luks/ luks/", owner, " ")
}

# The folder of the order that a path lies in; "" for none.
function folder_of(path, i, best) {
  best = ""
  for (i = 1; i <= folders; ++i)
    if (index(path, name[i] "/") == 1 && length(name[i]) > length(best)) best = name[i]
  return best
}

function refuse(reason) {
  printf "%s:%d: %s: %s\n", FILENAME, FNR, header, reason
  wrong = 1
}

function is_root(folder) { return folder == "appliance/daemon" || folder == "appliance/cli" || folder == "appliance/boot" }

function check_own(from, to) {
  to = folder_of(header)
  if (index(header, "tests/") == 1) { refuse("the product includes nothing from tests/"); return }
  if (to == "") { refuse("not a header of a folder in CMakeLists.txt's order; name it from the root"); return }
  if (to == from) return
  if (is_root(to)) refuse("nothing includes a composition root")
  else if (level[to] > level[from]) refuse(from " may include only what stands below it, and " to " stands above")
  else if ((from == "hsm" || from == "luks") && to != "appliance/base") refuse(from " knows only appliance/base")
  else if (index(FILENAME, "appliance/api/handlers/") == 1 && to == "hsm") refuse("handlers never see the HSM")
}

function check_library(i) {
  for (i in library)
    if (index(header, library[i]) == 1 && index(FILENAME, owner[i]) != 1)
      refuse("only " owner[i] " may include it")
}

/^[ \t]*#[ \t]*include[ \t]*["<]/ {
  header = $0
  sub(/^[ \t]*#[ \t]*include[ \t]*/, "", header)
  own = substr(header, 1, 1) == "\""
  header = substr(header, 2)
  sub(/[">].*/, "", header)

  from = folder_of(FILENAME)
  if (from == "") { refuse("the file lies in no folder of CMakeLists.txt's order"); next }
  if (own) check_own(from)
  check_library()
}

END { exit wrong }
