//go:build !wasip1

package waterflow

import "encoding/json"

// Answer stands in for the host in a test: the value of `ok`, or how the call fails.
type Answer func(capability, operation string, args json.RawMessage) (any, *Failure)

// SetHost has a function answer the host calls of a test (a *testing.T), up to its end. It exists on the author's machine alone.
func SetHost(test interface{ Cleanup(func()) }, host Answer) {
	before := nativeHost
	nativeHost = host
	test.Cleanup(func() { nativeHost, nativeAnswers, early = before, nil, map[int64]answer{} })
}

var (
	nativeHost    Answer
	nativeAnswers []map[string]any
	nativeCalls   int64
)

func exchange(bytes []byte) []byte {
	var request frame
	if err := json.Unmarshal(bytes, &request); err != nil {
		panic(err)
	}
	return encoded(nativeReply(request))
}

func nativeReply(request frame) map[string]any {
	if request.Do == "wait" {
		if len(nativeAnswers) == 0 {
			return map[string]any{"error": Failure{Code: "INVALID_ARGUMENTS", Message: "no submitted call is open"}}
		}
		// The last first: a test sees whether the plugin relies on an order that nobody promises.
		last := len(nativeAnswers) - 1
		reply := nativeAnswers[last]
		nativeAnswers = nativeAnswers[:last]
		return reply
	}
	if nativeHost == nil {
		panic("a host call without a host: call waterflow.SetHost in the test")
	}
	nativeCalls++
	reply := map[string]any{"id": nativeCalls}
	value, failure := nativeHost(request.Capability, request.Operation, request.Args)
	switch {
	case failure == nil:
		reply["ok"] = value
	case failure.Kind == Cancelled:
		reply["cancelled"] = true
	default:
		reply[string(failure.Kind)] = failure
	}
	if request.Do == "call" {
		return reply
	}
	if request.Do == "submit" {
		nativeAnswers = append(nativeAnswers, reply)
	}
	return map[string]any{"id": nativeCalls}
}

func encoded(value any) []byte {
	bytes, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return bytes
}

var nativeInput, nativeOutput, nativeError []byte

func readInput() []byte         { return nativeInput }
func writeOutput(bytes []byte)  { nativeOutput = bytes }
func writeError(message []byte) { nativeError = message }
