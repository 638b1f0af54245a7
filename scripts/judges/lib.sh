# What the judges of the simulated store share; to be sourced.

# The folder of descriptions and recordings, which need not exist.
judge_shared() {
  echo "${BAXTER_SHARED:-$(cd .. && pwd)/shared}"
}

# judge_python NAME REQUIREMENTS: a Python with exactly those packages; fails when they are not to be had.
judge_python() {
  local venv="target/judges/$1"
  if ! cmp -s "$2" "$venv/requirements.txt"; then
    rm -rf "$venv"
    if ! python3 -m venv "$venv" >&2 || ! "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$2" >&2; then
      rm -rf "$venv"
      echo "skipped, the Python packages of $2 could not be installed." >&2
      return 1
    fi
    cp "$2" "$venv/requirements.txt"
  fi
  echo "$venv/bin/python"
}

# judge_program: the built program, in JUDGE_PROGRAM.
judge_program() {
  cargo build --locked --quiet -p baxter
  JUDGE_PROGRAM=target/debug/baxter
}

JUDGE_PIDS=()
judge_end() {
  for pid in "${JUDGE_PIDS[@]}"; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  [ -z "${JUDGE_WORK:-}" ] || rm -rf "$JUDGE_WORK"
}
trap judge_end EXIT
JUDGE_WORK=$(mktemp -d)

# judge_store VARIABLE ARGS: a simulated store for as long as the script runs; its address goes into the variable,
# unless that has one already.
judge_store() {
  local name=$1
  shift
  [ -z "${!name:-}" ] || return 0
  [ -n "${JUDGE_PROGRAM:-}" ] || judge_program
  "$JUDGE_PROGRAM" sim --port 0 --ready-file "$JUDGE_WORK/$name" "$@" >"$JUDGE_WORK/$name.log" 2>&1 &
  JUDGE_PIDS+=($!)
  judge_ready "$name" $!
}

# judge_front VARIABLE URL: a way to a store for clients that insist on https://api.bigcommerce.com; the proxy's
# address goes into the variable, and JUDGE_CA names the certificate to trust.
judge_front() {
  local name=$1 store=${2#http://}
  if [ ! -f "$JUDGE_WORK/ca.pem" ]; then
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=api.bigcommerce.com \
      -addext subjectAltName=DNS:api.bigcommerce.com,DNS:login.bigcommerce.com \
      -keyout "$JUDGE_WORK/key.pem" -out "$JUDGE_WORK/ca.pem" 2>/dev/null
  fi
  JUDGE_CA="$JUDGE_WORK/ca.pem"
  python3 scripts/judges/front.py "$JUDGE_CA" "$JUDGE_WORK/key.pem" "$store" \
    >"$JUDGE_WORK/$name" 2>"$JUDGE_WORK/$name.log" &
  JUDGE_PIDS+=($!)
  judge_ready "$name" $!
}

judge_ready() {
  for _ in $(seq 400); do
    [ -s "$JUDGE_WORK/$1" ] && break
    kill -0 "$2" 2>/dev/null || break
    sleep 0.05
  done
  if [ ! -s "$JUDGE_WORK/$1" ]; then
    cat "$JUDGE_WORK/$1.log" >&2
    exit 1
  fi
  printf -v "$1" '%s' "$(head -1 "$JUDGE_WORK/$1")"
}
