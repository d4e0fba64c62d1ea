package main

import "waterflow.local/my-plugin/waterflow"

// What the agent calls.
//
//go:wasmexport run
func run() int32 {
	return waterflow.Serve(plugin)
}
