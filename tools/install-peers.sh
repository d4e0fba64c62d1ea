#!/usr/bin/env bash
# Installs the peers that `npm run performance` compares with, pinned, below the user's caches or the folder that is named: Prefect and Luigi from PyPI,
# act from its Go module. A peer that can't be had is left out, and the page of the figures says so. It needs Python 3.10 with venv, and Go 1.24.
set -uo pipefail
prefect=3.9.1
luigi=3.8.1
act=0.2.89
target=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/waterflow/peers}
mkdir -p "$target"

# A mark says that all of it is there.
install_peer() {
  local folder=$target/$1
  test -e "$folder/installed" && return
  rm -rf "$folder"
  if "$2" "$folder" "$3"; then touch "$folder/installed"; else echo "$1 could not be installed" >&2; fi
}

from_pypi() {
  python3 -m venv "$1" && "$1/bin/pip" install --quiet "$2"
}

from_go() {
  GOBIN=$1/bin go install "$2"
}

install_peer "prefect-$prefect" from_pypi "prefect==$prefect"
install_peer "luigi-$luigi" from_pypi "luigi==$luigi"
install_peer "act-$act" from_go "github.com/nektos/act@v$act"
