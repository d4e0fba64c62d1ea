// Extism's kit for Go, with Go's own compiler, whose modules need WASI to be there.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/extism/go-pdk"
)

//go:wasmexport count_vowels
func countVowels() int32 {
	count := 0
	for _, letter := range pdk.InputString() {
		if strings.ContainsRune("aeiouAEIOU", letter) {
			count++
		}
	}
	total := pdk.GetVarInt("total") + count
	pdk.SetVarInt("total", total)
	if err := pdk.OutputJSON(map[string]int{"count": count, "total": total}); err != nil {
		pdk.SetError(err)
		return 1
	}
	return 0
}

//go:wasmexport echo
func echo() int32 {
	pdk.Output(pdk.Input())
	return 0
}

//go:wasmexport setting
func setting() int32 {
	value, isThere := pdk.GetConfig(pdk.InputString())
	if !isThere {
		value = "(none)"
	}
	pdk.OutputString(value)
	return 0
}

//go:wasmexport logs
func logs() int32 {
	pdk.Log(pdk.LogTrace, "of trace")
	pdk.Log(pdk.LogDebug, "of debug")
	pdk.Log(pdk.LogInfo, "of info")
	pdk.Log(pdk.LogWarn, "of warn")
	pdk.Log(pdk.LogError, "of error")
	return 0
}

//go:wasmexport fails
func fails() int32 {
	pdk.SetError(errors.New("it failed: " + pdk.InputString()))
	return 7
}

//go:wasmexport panics
func panics() int32 {
	panic("at the disco")
}

//go:wasmexport exits
func exits() int32 {
	pdk.OutputString("said before")
	if pdk.InputString() == "0" {
		os.Exit(0)
	}
	os.Exit(3)
	return 0
}

//go:wasmexport prints
func prints() int32 {
	fmt.Print("one ")
	fmt.Println("line")
	fmt.Fprintln(os.Stderr, "of errors")
	fmt.Print("without an end")
	return 0
}

// What a module sees of the machine.
//
//go:wasmexport surroundings
func surroundings() int32 {
	_, fileError := os.ReadFile("/etc/passwd")
	_, listError := os.ReadDir("/")
	writeError := os.WriteFile("/tmp/x", []byte("x"), 0o600)
	input := make([]byte, 8)
	read, inputError := os.Stdin.Read(input)
	before := time.Now()
	time.Sleep(30 * time.Millisecond)
	seen, err := json.Marshal(map[string]any{
		"arguments":   len(os.Args),
		"environment": len(os.Environ()),
		"file":        fileError != nil,
		"list":        listError != nil,
		"write":       writeError != nil,
		"input":       read == 0 && inputError != nil,
		"slept":       time.Since(before) >= 30*time.Millisecond,
		"year":        time.Now().UTC().Year() >= 2025,
	})
	if err != nil {
		pdk.SetError(err)
		return 1
	}
	pdk.Output(seen)
	return 0
}

type asked struct {
	URL     string            `json:"url"`
	Method  string            `json:"method"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

//go:wasmexport request
func request() int32 {
	var given asked
	if err := pdk.InputJSON(&given); err != nil {
		pdk.SetError(err)
		return 1
	}
	method := pdk.MethodGet
	if given.Method == "POST" {
		method = pdk.MethodPost
	}
	sent := pdk.NewHTTPRequest(method, given.URL)
	for name, value := range given.Headers {
		sent.SetHeader(name, value)
	}
	if given.Body != "" {
		sent.SetBody([]byte(given.Body))
	}
	answer := sent.Send()
	if err := pdk.OutputJSON(map[string]any{
		"status": answer.Status(), "headers": answer.Headers(), "body": string(answer.Body()),
	}); err != nil {
		pdk.SetError(err)
		return 1
	}
	return 0
}

func main() {}
