#!/usr/bin/env bash
# Builds Docker's Compose plugin (`docker compose`) from its Go module, for machines where no package has it, and puts it where the docker
# command finds it, or into the folder that is named. It needs Go 1.24 or newer, and takes two or three minutes.
set -euo pipefail
version=v2.40.3
target=${1:-/usr/local/lib/docker/cli-plugins}
module=github.com/docker/compose/v2

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
# `go install` takes no module whose go.mod excludes versions of others.
{ go mod init waterflow.test/compose && go get "$module/cmd@$version"; } >log 2>&1 || { cat log >&2; exit 1; }
mkdir -p "$target"
go build -ldflags "-s -w -X $module/internal.Version=$version" -o "$folder/docker-compose" "$module/cmd"
install -m 755 "$folder/docker-compose" "$target/docker-compose"
