#!/usr/bin/env bash
# Builds a Vault server for `npm run test:vault` from Vault's Go module: its core, its HTTP API, the KV store and AppRole, in memory (tools/vault-server). It
# goes to the folder that is named, as waterflow-test-vault. It needs Go 1.25.7 or newer, and takes from some minutes to an hour the first time.
set -euo pipefail
version=v1.21.4
target=${1:-/usr/local/bin}
module=github.com/hashicorp/vault
here=$(cd "$(dirname "$0")" && pwd)

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
{ go mod init waterflow.test/vault && go get "$module@$version"; } >log 2>&1 || { cat log >&2; exit 1; }
# Its replace directives count for nothing in another module, and the published SDK that it names hands a callback one more argument than the copy beside it.
cp -r "$(go list -m -f '{{.Dir}}' "$module")" source
chmod -R u+w source
sed -i 's|ActivationFunc: iStore.activateDeduplication,|ActivationFunc: func(ctx context.Context, req *logical.Request, _ string) error { return iStore.activateDeduplication(ctx, req) },|' \
  source/vault/identity_store.go
sed -i 's|ActivationFunc(ctx, nil)|ActivationFunc(ctx, nil, "")|' source/vault/logical_system_activation_flags.go
go mod edit -replace "$module=./source"
mkdir server
cp "$here/vault-server/main.go" server/
CGO_ENABLED=0 go build -mod=mod -ldflags "-s -w" -o waterflow-test-vault ./server
mkdir -p "$target"
install -m 755 waterflow-test-vault "$target/waterflow-test-vault"
