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

python=$(find_python)
if [ -z "$python" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  export DEBIAN_FRONTEND=noninteractive
  echo "正在安装 Python……"
  apt-get update -qq </dev/null
  apt-get install -y -qq --no-install-recommends python3 python3-venv </dev/null
  python=$(find_python)
  if [ -z "$python" ]; then
    apt-get install -y -qq --no-install-recommends python3.11 python3.11-venv </dev/null || true
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
