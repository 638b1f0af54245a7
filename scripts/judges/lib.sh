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

# judge_store ARGS: a simulated store for as long as the script runs, its address in JUDGE_URL.
judge_store() {
  if [ -n "${JUDGE_URL:-}" ]; then
    return
  fi
  cargo build --locked --quiet -p baxter
  JUDGE_WORK=$(mktemp -d)
  target/debug/baxter sim --port 0 --ready-file "$JUDGE_WORK/ready" "$@" >"$JUDGE_WORK/log" 2>&1 &
  JUDGE_PID=$!
  trap 'kill "$JUDGE_PID" 2>/dev/null || true; wait "$JUDGE_PID" 2>/dev/null || true; rm -rf "$JUDGE_WORK"' EXIT
  for _ in $(seq 200); do
    [ -s "$JUDGE_WORK/ready" ] && break
    kill -0 "$JUDGE_PID" 2>/dev/null || break
    sleep 0.05
  done
  if [ ! -s "$JUDGE_WORK/ready" ]; then
    cat "$JUDGE_WORK/log" >&2
    exit 1
  fi
  JUDGE_URL=$(head -1 "$JUDGE_WORK/ready")
}
