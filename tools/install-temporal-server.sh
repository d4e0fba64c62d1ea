#!/usr/bin/env bash
# Builds the Temporal server and its schema tool from their Go module, for `npm run test:production`, and puts them where it looks for them, or
# into the folder that is named. It needs Go 1.26, and takes five minutes on a quiet machine.
set -euo pipefail
version=v1.30.4
target=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/waterflow/temporal-server}
module=go.temporal.io/server

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
{ go mod init waterflow.test/temporal && go get "$module/cmd/server@$version" "$module/cmd/tools/sql@$version"; } >log 2>&1 || { cat log >&2; exit 1; }
mkdir -p "$target"
go build -o "$folder/temporal-server" "$module/cmd/server"
go build -o "$folder/temporal-sql-tool" "$module/cmd/tools/sql"
install -m 755 temporal-server temporal-sql-tool "$target"
