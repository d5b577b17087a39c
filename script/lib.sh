# shellcheck shell=bash
# What the scripts share.  Source it after `set -euo pipefail`; it moves to the top of the tree.

PF_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$PF_ROOT" || exit 1

# say TEXT: progress, on stderr so that stdout stays for results.
say() { printf '== %s\n' "$*" >&2; }

# die [STATUS] TEXT
die() {
  local status=1
  if [[ $1 =~ ^[0-9]+$ ]]; then
    status=$1
    shift
  fi
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit "$status"
}

# need PROGRAM [PACKAGE]: a missing program is named together with the way to get it.
need() {
  command -v "$1" >/dev/null 2>&1 || die 3 "$1 is missing: install the package ${2:-$1}, or run script/bootstrap"
}

# jobs: one a core, and no more than one for each 1.5 GB of memory (a coroutine file under a sanitizer takes that).
jobs_for_build() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable:/ { print int($2 / 1572864) }' /proc/meminfo 2>/dev/null || echo "$cores")
  if ((memory < 1)); then memory=1; fi
  echo $((cores < memory ? cores : memory))
}

# Where servers that cannot be installed next to Dovecot are unpacked.  Root's own cache is closed to the user the
# servers run as, so root uses /var/cache.  tests/support/server_wait.cpp knows the same rule.
server_cache() {
  if [[ -n ${POSTFERRY_SERVERS:-} ]]; then
    echo "$POSTFERRY_SERVERS"
  elif [[ $(id -u) -eq 0 ]]; then
    echo /var/cache/postferry/servers
  else
    echo "${XDG_CACHE_HOME:-$HOME/.cache}/postferry/servers"
  fi
}

# cmake_configure PRESET [OPTION...]: quiet unless it fails.
cmake_configure() {
  local log=$PF_ROOT/build/$1.configure.log
  say "configure: $*"
  cmake --preset "$@" >"$log" 2>&1 || {
    cat "$log" >&2
    die "cmake could not configure the preset $1 (see above)"
  }
}

# cmake_build PRESET [TARGET...]
cmake_build() {
  local preset=$1 targets=()
  shift
  if (($#)); then targets=(--target "$@"); fi
  say "build: $preset $*"
  cmake --build "build/$preset" -j "$(jobs_for_build)" "${targets[@]}" >&2 || die "the build $preset failed (see above)"
}
mkdir -p "$PF_ROOT/build"
