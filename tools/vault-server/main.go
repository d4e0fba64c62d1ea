// A Vault server with its KV store and AppRole alone, in memory, unsealed: what the tests of the vault provider need of it.
package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"os"

	"github.com/hashicorp/go-hclog"
	kv "github.com/hashicorp/vault-plugin-secrets-kv"
	"github.com/hashicorp/vault/builtin/credential/approle"
	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/internalshared/configutil"
	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical/inmem"
	"github.com/hashicorp/vault/vault"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		fmt.Println("Vault 1.21.4, in memory")
		return
	}
	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Error, Output: os.Stderr})
	storage, err := inmem.NewInmem(nil, logger)
	check(err)
	core, err := vault.NewCore(&vault.CoreConfig{
		Physical:           storage,
		Logger:             logger,
		DisableMlock:       true,
		LogicalBackends:    map[string]logical.Factory{"kv": kv.Factory},
		CredentialBackends: map[string]logical.Factory{"approle": approle.Factory},
		BuiltinRegistry:    registry{},
	})
	check(err)
	ctx := context.Background()
	made, err := core.Initialize(ctx, &vault.InitParams{
		BarrierConfig:  &vault.SealConfig{SecretShares: 1, SecretThreshold: 1},
		RecoveryConfig: &vault.SealConfig{SecretShares: 0, SecretThreshold: 0},
	})
	check(err)
	_, err = core.Unseal(made.SecretShares[0])
	check(err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Printf("{\"address\":\"http://%s\",\"token\":%q,\"key\":%q}\n", listener.Addr(), made.RootToken, hex.EncodeToString(made.SecretShares[0]))
	handler := vaulthttp.Handler.Handler(&vault.HandlerProperties{
		Core:           core,
		ListenerConfig: &configutil.Listener{},
	})
	check(http.Serve(listener, handler))
}

// What of Vault is built in here.
type registry struct{}

var builtIn = map[consts.PluginType]string{consts.PluginTypeSecrets: "kv", consts.PluginTypeCredential: "approle"}

func (registry) Contains(name string, kind consts.PluginType) bool { return builtIn[kind] == name }

func (r registry) Get(name string, kind consts.PluginType) (func() (interface{}, error), bool) {
	factory := logical.Factory(kv.Factory)
	if kind == consts.PluginTypeCredential {
		factory = approle.Factory
	}
	return func() (interface{}, error) { return factory, nil }, r.Contains(name, kind)
}

func (registry) Keys(kind consts.PluginType) []string { return []string{builtIn[kind]} }

func (r registry) DeprecationStatus(name string, kind consts.PluginType) (consts.DeprecationStatus, bool) {
	return consts.Supported, r.Contains(name, kind)
}

func (registry) IsBuiltinEntPlugin(string, consts.PluginType) bool { return false }

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
