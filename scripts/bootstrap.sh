#!/bin/sh
# Finds (as root on Debian: installs) a Python of at least 3.11 and hands over to bootstrap.py.
set -eu
cd "$(dirname "$0")/.."

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  for name in python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$name" >/dev/null 2>&1 && new_enough "$name"; then
      command -v "$name"
      return
    fi
  done
}

apt() {
  log=$(mktemp)
  if ! DEBIAN_FRONTEND=noninteractive apt-get -y -qq "$@" </dev/null >"$log" 2>&1; then
    tail -n 15 "$log" >&2
  fi
  rm -f "$log"
}

python=$(find_python)
if [ -z "$python" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "正在安装 Python……"
  apt update
  apt install --no-install-recommends python3 python3-venv
  python=$(find_python)
  if [ -z "$python" ]; then  # Ubuntu 22.04 keeps 3.11 beside its own 3.10
    apt install --no-install-recommends python3.11 python3.11-venv
    python=$(find_python)
  fi
fi
if [ -z "$python" ]; then
  cat >&2 <<'END'
需要 Python 3.11 或更新的版本，本机没有找到。请安装后重试：
  Debian 12 及以后、Ubuntu 24.04 及以后：sudo apt-get install python3 python3-venv
  Ubuntu 22.04：sudo apt-get install python3.11 python3.11-venv
  Fedora / RHEL：sudo dnf install python3.12
  macOS：brew install python@3.12
  不便安装时：docker compose up（见 compose.yaml）
END
  exit 1
fi
exec "$python" scripts/bootstrap.py "$@"
