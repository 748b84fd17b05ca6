# Shared by the scripts in this folder: the load generator, and a ./run of their own with its processes.
# Needs bash, curl and /proc. Sourced after `set -euo pipefail`.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
service_root=${SERVICE_ROOT:-$root} # another checkout, to measure its service with these scripts
port=${PORT:-5390}
url=http://localhost:$port
count=${COUNT:-1000}
scratch=$(mktemp -d)
[[ $(stat -f -c %T "$scratch") != tmpfs ]] || echo "warning: $scratch is in memory, where syncing costs nothing; set TMPDIR to a folder on a disk" >&2
export DATA_DIR=$scratch/data
service=

# Photos: IMAGES=folder, or generated ones of a typical size.
if [[ -n ${IMAGES:-} ]]; then photos=(--images "$IMAGES"); else photos=(--make "${SIZE:-500x400}"); fi

generator() { dotnet "$root/bench/LoadGenerator/bin/Release/net10.0/LoadGenerator.dll" --url "$url" --fsync-dir "$scratch" "$@"; }

build_generator() {
  echo "Building the load generator…"
  dotnet build -c Release -v quiet -nologo "$root/bench/LoadGenerator" >"$scratch/build.log" || { cat "$scratch/build.log"; exit 2; }
}

# Starts ./run with the given arguments and waits until it says that it is ready (the first time it also builds).
start_service() {
  echo "Starting ./run $* on port $port…"
  : >"$scratch/run.log"
  # Servers run as processes, since the scripts kill and measure them. No dashboard unless DASHBOARD=yes.
  local dashboard=(--no-dashboard) began=${EPOCHREALTIME/[.,]/}
  [[ -z ${DASHBOARD:-} ]] || dashboard=()
  BENCH_RUN=$scratch PORT=$port setsid "$service_root/run" --servers native "${dashboard[@]}" "$@" >>"$scratch/run.log" 2>&1 &
  service=$!
  for ((i = 0; i < 4500; i++)); do
    if grep -q 'API ready at' "$scratch/run.log"; then
      ready_after_ms=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))
      return
    fi
    kill -0 "$service" 2>/dev/null || break
    sleep 0.2
  done
  echo "./run did not become ready; the end of its log:" >&2
  tail -n 30 "$scratch/run.log" >&2
  exit 2
}

# ./run itself and everything it started, including Aspire's orchestrator, which is detached: they have a mark in their
# environment, or an ancestor that has (Postgres' own processes show none).
service_tree() {
  [[ -n $service ]] || return 0
  local marked
  marked=$(grep -lsF "BENCH_RUN=$scratch" /proc/[0-9]*/environ | tr -dc '0-9\n' | tr '\n' ' ') || true
  { cat /proc/[0-9]*/stat 2>/dev/null || true; } | sed 's/(.*)/x/' | awk -v top="$service $marked" '
    BEGIN { split(top, list, " "); for (i in list) root[list[i]] }
    $2 == "x" && $3 != "Z" { parent[$1] = $4 }
    END { for (p in parent) { for (q = p; q > 1; q = parent[q]) if (q in root) { print p; break } } }'
}

workers() {
  local pid
  for pid in $(service_tree); do
    if { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -q 'ImagePrediction\.Worker'; then echo "$pid"; fi
  done
}

# The TCP ports a process listens on, from its sockets.
ports_of() {
  local inodes
  inodes=$(find "/proc/$1/fd" -lname 'socket:*' -printf '%l ' 2>/dev/null | tr -dc '0-9 ') || true
  cat "/proc/$1/net/tcp" "/proc/$1/net/tcp6" 2>/dev/null | awk -v inodes="$inodes" '
    BEGIN { split(inodes, list, " "); for (i in list) mine[list[i]] }
    $4 == "0A" && $10 in mine { sub(/.*:/, "", $2); print $2 }' | sort -u | while read -r hex; do echo $((16#$hex)); done
}

# psql on the service's database, as its superuser.
sql() {
  PGPASSWORD=$(cat "$DATA_DIR/secrets/postgres-password") psql -h 127.0.0.1 -p "$(cat "$DATA_DIR/postgres/port")" \
    -U postgres -d predictions -X -q -A -t -v ON_ERROR_STOP=1 "$@"
}

# Has Postgres log the plans of a share (0 to 1) of all statements, with actual times. The settings apply to new connections only, so
# those of the services are terminated; they open others.
explain_some() {
  local setting
  for setting in "session_preload_libraries = 'auto_explain'" 'auto_explain.log_min_duration = 0' 'auto_explain.log_analyze = on' \
    'auto_explain.log_buffers = on' "auto_explain.sample_rate = $1"; do sql -c "ALTER DATABASE predictions SET $setting"; done
  sql -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'predictions' AND pid <> pg_backend_pid()" >/dev/null
}

# The slowest plan of each statement in Postgres' log: the text of the statement, then the tree, whose root has the time.
plans() {
  awk '
    function keep() { if (tree != "" && (!(query in slowest) || ms > slowest[query])) { slowest[query] = ms; plan[query] = tree } query = tree = "" }
    { sub(/^[0-9T:.-]+Z /, "") } # the timestamp that Aspire puts before each line
    /Query Text: /  { keep(); sub(/.*Query Text: */, ""); query = $0; next }
    query == ""     { next }
    tree == "" && !/\(cost=/ { gsub(/^[ \t]+|[ \t]+$/, ""); query = query " " $0; next }
    tree == "" && match($0, /actual time=[0-9.]+/) { ms = substr($0, RSTART, RLENGTH + 20); sub(/.*\.\./, "", ms); ms += 0 }
    /^\t/           { sub(/^\t/, ""); tree = tree "    " $0 "\n"; next }
    { keep() }
    END { keep(); for (q in plan) printf "%s ms: %s\n%s\n", slowest[q], q, plan[q] }' "$DATA_DIR/logs/postgres.log"
}

redis_port() { cat "$DATA_DIR/redis/port"; }

redis() { redis-cli -p "$(redis_port)" -a "$(cat "$DATA_DIR/secrets/redis-password")" --no-auth-warning "$@" | tr -d '\r'; }

# One line: CPU of api, worker, postgres, redis in ticks; commits, WAL bytes and syncs; Redis commands, bytes in and out.
# Postgres processes that have ended are counted with their parent.
look() {
  local pid kind
  for pid in $(service_tree); do
    kind=$({ tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -oE 'ImagePrediction\.(Api|Worker)|postgres|redis-server' | head -n 1) || continue
    { sed 's/.*) //' "/proc/$pid/stat" | awk -v kind="$kind" '{ print kind, $12 + $13 + (kind == "postgres" ? $14 + $15 : 0) }'; } 2>/dev/null || true
  done | awk '{ sum[$1] += $2 } END { printf "%d %d %d %d ", sum["ImagePrediction.Api"], sum["ImagePrediction.Worker"], sum["postgres"], sum["redis-server"] }'
  sql -F ' ' -c "SELECT xact_commit, (SELECT wal_bytes FROM pg_stat_wal), (SELECT wal_sync FROM pg_stat_wal) FROM pg_stat_database WHERE datname = 'predictions'" | tr '\n' ' '
  redis info stats | awk -F: '/^total_commands_processed/ { c = $2 } /^total_net_input_bytes/ { i = $2 } /^total_net_output_bytes/ { o = $2 } END { print c, i, o }'
}

is_ready() {
  local p
  for p in $(ports_of "$1"); do
    if curl -fs -m 1 -o /dev/null "http://localhost:$p/health"; then return 0; fi
  done
  return 1
}

ready_workers() {
  local pid
  for pid in $(workers); do
    if is_ready "$pid"; then echo "$pid"; fi
  done
}

# A clean stop, forced after 40 s; then no process of ours may be left. Aspire's orchestrator exits some seconds after ./run.
stop_service() {
  local tree pid command
  tree=$(service_tree)
  [[ -n $tree ]] || return 0
  kill -TERM "$service" 2>/dev/null || true
  for ((i = 0; i < 80; i++)); do kill -0 $tree 2>/dev/null || break; sleep 0.5; done
  for pid in $tree; do
    command=$({ tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null) || continue # gone
    [[ -n $command ]] || continue # dead, not yet reaped
    echo "still there after the stop: $command"
    kill -KILL "$pid" 2>/dev/null || true
  done
  service=
}

clean_up() {
  local status=$?
  trap - EXIT
  if [[ -n ${load:-} ]]; then kill "$load" 2>/dev/null || true; fi
  if declare -F stop_more >/dev/null; then stop_more; fi
  stop_service
  if ((status == 0)); then rm -rf "$scratch"; else echo "Logs are kept in $scratch"; fi
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT TERM
