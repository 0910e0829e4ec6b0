# Installing what is missing, through apt-get. Sourced by the other scripts, which are in bash.

# Prints a message on standard error.
say() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# Runs a command as root: directly, or through sudo.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    say "this needs root, and sudo is not installed: $*"
    return 1
  fi
}

# Installs Debian packages that dpkg does not have.
install_missing() {
  local package missing=()
  if ! command -v dpkg-query >/dev/null; then
    say "not a Debian system: make sure that these are installed: $*"
    return 0
  fi
  for package in "$@"; do
    if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
      missing+=("$package")
    fi
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing ${missing[*]}"
  as_root apt-get -q update >&2
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -q install -y --no-install-recommends "${missing[@]}" >&2
}

# Installs what the build needs. Of the libraries the program uses libmnl alone; libnftnl is for the
# tests, and installed for the build too, because SwiftPM looks for every library of the package.
install_build_packages() {
  if ! command -v swift >/dev/null; then
    say "swift is not in PATH: install a Swift 6.2 toolchain or newer (https://swift.org/install)"
    return 69
  fi
  install_missing libmnl-dev libnftnl-dev pkg-config
}

# Installs what the tests, the demo and the benchmark run besides. Where systemd runs, it starts the
# servers among them.
install_test_packages() {
  install_missing nftables iproute2 iptables util-linux procps netcat-openbsd python3 \
    openssh-server nginx-light inetutils-telnetd microsocks tinyproxy dnsmasq-base postgresql \
    ndiff python3-libnmap libxml2-utils
}

# Builds the release binary unless it is newer than everything it is made of.
build_release() {
  local binary=.build/release/reach newer
  if [ -x "$binary" ]; then
    newer=$(find Package.swift Sources scripts/link -newer "$binary" -print -quit)
    [ -n "$newer" ] || return 0
  fi
  install_build_packages || return
  say "building reach (the first time takes a few minutes)"
  local log
  log=$(mktemp)
  if ! swift build -c release --product reach >"$log" 2>&1; then
    # Clang's cached modules do not notice a header that was added: a build without them decides.
    rm -rf .build/*/release/ModuleCache
    if ! swift build -c release --product reach >"$log" 2>&1; then
      cat "$log" >&2
      rm -f "$log"
      say "the build failed"
      return 1
    fi
  fi
  rm -f "$log"
  # An incremental build may leave the binary as it was.
  touch "$binary"
}
