package waterflow

import (
	"encoding/binary"
)

// Extism's memory: blocks of bytes that lie outside the module's own, reached by function calls, eight bytes at a time.

//go:wasmimport extism:host/env input_length
func inputLength() uint64

//go:wasmimport extism:host/env input_load_u8
func inputLoad8(offset uint64) uint32

//go:wasmimport extism:host/env input_load_u64
func inputLoad64(offset uint64) uint64

//go:wasmimport extism:host/env alloc
func alloc(length uint64) uint64

//go:wasmimport extism:host/env free
func free(block uint64)

//go:wasmimport extism:host/env length
func lengthOf(block uint64) uint64

//go:wasmimport extism:host/env load_u8
func load8(address uint64) uint32

//go:wasmimport extism:host/env load_u64
func load64(address uint64) uint64

//go:wasmimport extism:host/env store_u8
func store8(address uint64, value uint32)

//go:wasmimport extism:host/env store_u64
func store64(address, value uint64)

//go:wasmimport extism:host/env output_set
func outputSet(block, length uint64)

//go:wasmimport extism:host/env error_set
func errorSet(block uint64)

//go:wasmimport extism:host/user host_call
func hostCall(frame uint64) uint64

func readInput() []byte {
	length := inputLength()
	bytes := make([]byte, length)
	at := uint64(0)
	for ; at+8 <= length; at += 8 {
		binary.LittleEndian.PutUint64(bytes[at:], inputLoad64(at))
	}
	for ; at < length; at++ {
		bytes[at] = byte(inputLoad8(at))
	}
	return bytes
}

func writeOutput(bytes []byte) {
	outputSet(blockOf(bytes), uint64(len(bytes)))
}

func writeError(message []byte) {
	errorSet(blockOf(message))
}

func exchange(frame []byte) []byte {
	request := blockOf(frame)
	answer := hostCall(request)
	free(request)
	bytes := bytesOf(answer)
	free(answer)
	return bytes
}

func blockOf(bytes []byte) uint64 {
	length := uint64(len(bytes))
	block := alloc(length)
	at := uint64(0)
	for ; at+8 <= length; at += 8 {
		store64(block+at, binary.LittleEndian.Uint64(bytes[at:]))
	}
	for ; at < length; at++ {
		store8(block+at, uint32(bytes[at]))
	}
	return block
}

func bytesOf(block uint64) []byte {
	length := lengthOf(block)
	bytes := make([]byte, length)
	at := uint64(0)
	for ; at+8 <= length; at += 8 {
		binary.LittleEndian.PutUint64(bytes[at:], load64(block+at))
	}
	for ; at < length; at++ {
		bytes[at] = byte(load8(block + at))
	}
	return bytes
}
