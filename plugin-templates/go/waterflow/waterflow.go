// Package waterflow is what a plugin in Go needs of its host: its inputs and outputs, host calls and their failures.
//
// It has no dependency but Go's standard library, and lies in the plugin's own folder, so that nothing has to be fetched.
package waterflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
)

// Kind is the way in which a host call failed.
type Kind string

const (
	// Denied is a call that isn't granted; Rule names the entry that decided, Remedy says what would help.
	Denied Kind = "denied"
	// Failed is a call that was granted and went wrong; Code says how, as NOT_FOUND or TIMEOUT.
	Failed Kind = "error"
	// Cancelled is a call that was given up because the step is being cancelled: clean up, and return.
	Cancelled Kind = "cancelled"
)

// Failure is the error of a host call. Take it out of an error with errors.As.
type Failure struct {
	Kind    Kind   `json:"-"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Rule    string `json:"rule,omitempty"`
	Remedy  string `json:"remedy,omitempty"`
	// call is the number of the host call that failed; 0 where there was none.
	call int64
}

func (failure *Failure) Error() string {
	return failure.Message
}

// StepError is an error that says more than its message: outputs for steps that run after a failure, and what to do about it.
type StepError struct {
	Message string
	Outputs any
	Remedy  string
}

func (failure *StepError) Error() string {
	return failure.Message
}

// Pending is a call that was submitted and not answered yet.
type Pending struct{ id int64 }

// Call makes a host call and waits for its answer. args become JSON; the answer is read into the value that into points to, or
// dropped where into is nil. The error is a *Failure where the host refused or failed.
func Call(capability, operation string, args, into any) error {
	reply, err := send(frame{Do: "call", Capability: capability, Operation: operation}, args)
	if err != nil {
		return err
	}
	return reply.read(into)
}

// Submit starts a host call and doesn't wait: several that are submitted run at the same time.
func Submit(capability, operation string, args any) (*Pending, error) {
	reply, err := send(frame{Do: "submit", Capability: capability, Operation: operation}, args)
	if err != nil {
		return nil, err
	}
	if err := reply.read(nil); err != nil {
		return nil, err
	}
	return &Pending{id: reply.ID}, nil
}

// Wait blocks until the call is answered; once for each call. Answers to others that come first are kept for them.
func (pending *Pending) Wait(into any) error {
	for {
		if reply, arrived := early[pending.id]; arrived {
			delete(early, pending.id)
			return reply.read(into)
		}
		reply, err := send(frame{Do: "wait"}, nil)
		if err != nil {
			return err
		}
		if reply.ID == 0 {
			return reply.read(nil)
		}
		early[reply.ID] = reply
	}
}

// Serve reads the inputs, calls the plugin, and gives its outputs or its error to the host; the export `run` returns what it does.
func Serve[Inputs, Outputs any](plugin func(Inputs) (Outputs, error)) (status int32) {
	defer func() {
		if reason := recover(); reason != nil {
			Log(string(debug.Stack()))
			status = fail(fmt.Errorf("panic: %v", reason))
		}
	}()
	var inputs Inputs
	if err := json.Unmarshal(readInput(), &inputs); err != nil {
		return fail(fmt.Errorf("the inputs don't fit: %w", err))
	}
	outputs, err := plugin(inputs)
	if err != nil {
		return fail(err)
	}
	bytes, err := json.Marshal(outputs)
	if err != nil {
		return fail(fmt.Errorf("the outputs can't be written as JSON: %w", err))
	}
	writeOutput(bytes)
	return 0
}

// early holds answers that came while another was waited for.
var early = map[int64]answer{}

type frame struct {
	Version    int             `json:"v"`
	Do         string          `json:"do"`
	Capability string          `json:"capability,omitempty"`
	Operation  string          `json:"operation,omitempty"`
	Args       json.RawMessage `json:"args,omitempty"`
}

type answer struct {
	ID        int64           `json:"id"`
	OK        json.RawMessage `json:"ok"`
	Denied    *Failure        `json:"denied"`
	Error     *Failure        `json:"error"`
	Cancelled bool            `json:"cancelled"`
}

func send(request frame, args any) (answer, error) {
	var reply answer
	request.Version = 1
	if args != nil {
		bytes, err := json.Marshal(args)
		if err != nil {
			return reply, fmt.Errorf("the arguments can't be written as JSON: %w", err)
		}
		request.Args = bytes
	}
	bytes, err := json.Marshal(request)
	if err != nil {
		return reply, err
	}
	if err := json.Unmarshal(exchange(bytes), &reply); err != nil {
		return reply, fmt.Errorf("the host's answer is no JSON: %w", err)
	}
	return reply, nil
}

func (reply answer) read(into any) error {
	switch {
	case reply.Cancelled:
		return &Failure{Kind: Cancelled, Code: "CANCELLED", Message: "the step is being cancelled", call: reply.ID}
	case reply.Denied != nil:
		reply.Denied.Kind, reply.Denied.call = Denied, reply.ID
		return reply.Denied
	case reply.Error != nil:
		reply.Error.Kind, reply.Error.call = Failed, reply.ID
		return reply.Error
	case into == nil || len(reply.OK) == 0:
		return nil
	}
	if err := json.Unmarshal(reply.OK, into); err != nil {
		return fmt.Errorf("the host's answer doesn't fit: %w", err)
	}
	return nil
}

// fail says why the run ends: the frame of docs/host-calls.md. By the call the step counts as denied where that was.
func fail(reason error) int32 {
	type details struct {
		Message string `json:"message"`
		Call    int64  `json:"call,omitempty"`
		Outputs any    `json:"outputs,omitempty"`
		Remedy  string `json:"remedy,omitempty"`
	}
	said := details{Message: reason.Error()}
	var failure *Failure
	var own *StepError
	if errors.As(reason, &failure) {
		said.Call, said.Remedy = failure.call, failure.Remedy
	}
	if errors.As(reason, &own) {
		said.Outputs, said.Remedy = own.Outputs, own.Remedy
	}
	frame := struct {
		Version int     `json:"v"`
		Fail    string  `json:"fail"`
		Details details `json:"details"`
	}{1, "threw", said}
	bytes, err := json.Marshal(frame)
	if err != nil {
		bytes = []byte(said.Message)
	}
	writeError(bytes)
	return 1
}
