# Sourced by run and test: installs what a bare Debian or Ubuntu lacks. Prints what it does; as root it asks nothing.

export DOTNET_CLI_TELEMETRY_OPTOUT=1

fail() { echo "$*" >&2; exit 1; }

need_dotnet() {
  command -v dotnet > /dev/null && dotnet --list-sdks | grep -q '^10\.' && return
  [ -x "$HOME/.dotnet/dotnet" ] && "$HOME/.dotnet/dotnet" --list-sdks | grep -q '^10\.' && { export PATH="$HOME/.dotnet:$PATH"; return; }
  fail "The .NET 10 SDK is missing. Get it: curl -sSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0
(or, where the distribution has it: sudo apt-get install dotnet-sdk-10.0)"
}

has_postgres() { command -v initdb > /dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' > /dev/null; }

has_container_engine() { timeout 5 docker info > /dev/null 2>&1 || timeout 5 podman info > /dev/null 2>&1; }

# Redis and Postgres as programs of this machine, for use without containers.
need_servers() {
  local missing=()
  command -v redis-server > /dev/null || missing+=(redis-server)
  has_postgres || missing+=(postgresql)
  install_packages "${missing[@]}"
}

# Only for tests that drive a browser.
need_browser() {
  command -v chromium > /dev/null || command -v chromium-browser > /dev/null || install_packages chromium
}

# Only for tests of blob storage: Azure's emulator, pinned, in artifacts/. Without it those tests are skipped.
need_azurite() {
  local version=3.35.0 folder=artifacts/azurite
  [ -e "$folder/$version" ] && return
  command -v npm > /dev/null || { [ "$(id -u)" -eq 0 ] && install_packages nodejs npm; } || { echo "Without npm the tests of blob storage are skipped."; return; }
  echo "Installing the emulator of blob storage…"
  rm -rf "$folder" && mkdir -p "$folder"
  (cd "$folder" && npm install --no-audit --no-fund --ignore-scripts --no-package-lock "azurite@$version" > npm.log 2>&1 && touch "$version") \
    || { tail -n 5 "$folder/npm.log"; echo "Without it the tests of blob storage are skipped."; }
}

install_packages() {
  [ $# -eq 0 ] && return
  command -v apt-get > /dev/null || fail "Missing: $*. Install them with this system's package manager."
  [ "$(id -u)" -eq 0 ] || fail "Missing: $*. Type: sudo apt-get update && sudo apt-get install -y $*"
  local package
  for package; do echo "Installing $package…"; done
  keep_services_down
  export DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1
  local log; log=$(mktemp)
  { apt-get install -y -o Dpkg::Options::=--force-confold --no-install-recommends "$@" || { apt-get update && apt-get install -y -o Dpkg::Options::=--force-confold --no-install-recommends "$@"; }; } > "$log" 2>&1 \
    || { restore_services; cat "$log" >&2; fail "Installing $* failed."; }
  rm -f "$log"
  restore_services
}

# During this install, keeps the packages from starting servers of their own, which would take the ports.
keep_services_down() {
  policy=/usr/sbin/policy-rc.d
  [ -e "$policy" ] && policy="" || { printf '#!/bin/sh\nexit 101\n' > "$policy"; chmod +x "$policy"; }
  cluster=/etc/postgresql-common/createcluster.conf
  has_postgres || [ -e "$cluster" ] && cluster="" || { mkdir -p "${cluster%/*}"; echo 'create_main_cluster = false' > "$cluster"; }
}

restore_services() {
  [ -z "$policy" ] || rm -f "$policy"
  # The services are not wanted, so they must not start at the next boot either.
  [ ! -d /run/systemd/system ] || systemctl disable --quiet redis-server postgresql 2> /dev/null || true
}
