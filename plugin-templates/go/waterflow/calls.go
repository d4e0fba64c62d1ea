package waterflow

import "time"

// The host's capabilities; each but the first five needs an entry in plugin.yaml's permissions.
var (
	Random  random
	Step    step
	FS      fs
	Net     net
	Exec    exec
	Docker  docker
	SSH     ssh
	Mail    mail
	Store   store
	Secrets secrets
	Env     env
)

type object = map[string]any

func ask[Answer any](capability, operation string, args any) (Answer, error) {
	var answer Answer
	err := Call(capability, operation, args, &answer)
	return answer, err
}

// Log writes a line to the step's log.
func Log(text string) {
	// Nobody waits for the answer. Without a log there is nothing to tell it to.
	_, _ = send(frame{Do: "post", Capability: "log", Operation: "write"}, object{"text": text})
}

// Now is the agent's clock. Go's own time.Now is the machine's, and stands still in deterministic runs.
func Now() (time.Time, error) {
	milliseconds, err := ask[float64]("clock", "now", object{})
	return time.UnixMilli(int64(milliseconds)), err
}

// Sleep waits, at most a day; a *Failure of kind Cancelled ends it where the step is cancelled. Go's own time.Sleep has all goroutines wait, and a cancellation shows only afterwards.
func Sleep(duration time.Duration) error {
	return Call("sleep", "for", object{"ms": duration.Milliseconds()}, nil)
}

// IsCancelled says whether the step is being cancelled.
func IsCancelled() (bool, error) { return ask[bool]("signal", "cancelled", object{}) }

type random struct{}

// Bytes gives random bytes, at most 65536.
func (random) Bytes(length int) ([]byte, error) {
	// encoding/json reads base64 into []byte.
	return ask[[]byte]("random", "bytes", object{"length": length})
}

// UUID gives a random UUID (version 4).
func (random) UUID() (string, error) { return ask[string]("random", "uuid", object{}) }

// StepInfo says which step this is.
type StepInfo struct {
	Run        string `json:"run"`
	RunAttempt int    `json:"run_attempt"`
	Job        string `json:"job"`
	Step       string `json:"step"`
	Attempt    int    `json:"attempt"`
	Workflow   string `json:"workflow"`
}

type step struct{}

// Info says which step this is.
func (step) Info() (StepInfo, error) { return ask[StepInfo]("step", "info", object{}) }

type secrets struct{}

// Get gives the secret's placeholder: the agent puts the value in its place where a permission lets it go, and nowhere else.
func (secrets) Get(name string) (string, error) {
	return ask[string]("secrets", "get", object{"name": name})
}

type env struct{}

// Set sets variables of the job's later steps; the names that each step has a value of its own for come back.
func (env) Set(variables map[string]string) ([]string, error) {
	answer, err := ask[struct {
		KeptBack []string `json:"kept_back"`
	}]("env", "set", object{"variables": variables})
	return answer.KeptBack, err
}

// AddPath puts folders before PATH of the job's later steps.
func (env) AddPath(folders ...string) error {
	return Call("env", "add_path", object{"folders": folders}, nil)
}

// Request is one HTTP request. What is left out has the defaults of docs/host-calls.md.
type Request struct {
	URL     string            `json:"url"`
	Method  string            `json:"method,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	// Body is text, Base64{...}, File{...} or Parts{...}.
	Body any `json:"body,omitempty"`
	// Response is "text", "base64", or File{...} to write to.
	Response  any    `json:"response,omitempty"`
	Redirects *int   `json:"redirects,omitempty"`
	TimeoutMS int64  `json:"timeout_ms,omitempty"`
	MaxBytes  int64  `json:"max_bytes,omitempty"`
	SHA256    string `json:"sha256,omitempty"`
	Auth      any    `json:"auth,omitempty"`
	Proxy     string `json:"proxy,omitempty"`
}

// Response is the answer to a Request.
type Response struct {
	Status    int               `json:"status"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers"`
	Body      string            `json:"body"`
	Bytes     int64             `json:"bytes"`
	SHA256    string            `json:"sha256"`
	Redirects int               `json:"redirects"`
	ElapsedMS float64           `json:"elapsed_ms"`
}

// File names a file of the workspace, whose bytes never pass through the plugin.
type File struct {
	File string `json:"file"`
}

// Base64 is bytes as base64 text.
type Base64 struct {
	Base64 string `json:"base64"`
}

// Parts are several bodies, one after the other.
type Parts struct {
	Parts []any `json:"parts"`
}

type net struct{}

// Request makes one HTTP request. A status that is no success is an answer, not an error.
func (net) Request(request Request) (Response, error) {
	return ask[Response]("net", "request", request)
}

// Command is one program and its arguments; what is left out has the defaults of docs/host-calls.md.
type Command struct {
	Command string `json:"command"`
	// Args are texts, or File{...} for the path of one of Files.
	Args    []any             `json:"args,omitempty"`
	Cwd     string            `json:"cwd,omitempty"`
	Env     map[string]string `json:"env,omitempty"`
	StepEnv bool              `json:"step_env,omitempty"`
	// Stdin is text or File{...}.
	Stdin any            `json:"stdin,omitempty"`
	Files map[string]any `json:"files,omitempty"`
	// Stdout and Stderr are "log", "capture", "discard" or File{...}.
	Stdout any `json:"stdout,omitempty"`
	Stderr any `json:"stderr,omitempty"`
	// Docker gives the program a docker socket, on which each request needs what the same call of Docker needs.
	Docker    bool   `json:"docker,omitempty"`
	MaxBytes  int64  `json:"max_bytes,omitempty"`
	TimeoutMS int64  `json:"timeout_ms,omitempty"`
	Graces    Graces `json:"graces,omitzero"`
}

// Graces say how long a Command that is cancelled may take after SIGINT before SIGTERM comes, and after that before SIGKILL.
type Graces struct {
	InterruptMS int64 `json:"interrupt_ms,omitempty"`
	TerminateMS int64 `json:"terminate_ms,omitempty"`
}

// Streams are those of a program elsewhere: in a container, or on another machine.
type Streams struct {
	// Stdin is text or File{...}.
	Stdin any `json:"stdin,omitempty"`
	// Stdout and Stderr are "log", "capture", "discard" or File{...}.
	Stdout any `json:"stdout,omitempty"`
	Stderr any `json:"stderr,omitempty"`
	// MaxBytes is of each captured stream.
	MaxBytes int64 `json:"max_bytes,omitempty"`
}

// Ended is how a program ended. The exit code is an answer, not an error.
type Ended struct {
	ExitCode int               `json:"exit_code"`
	Signal   string            `json:"signal"`
	Stdout   string            `json:"stdout"`
	Stderr   string            `json:"stderr"`
	Files    map[string]string `json:"files"`
}

type exec struct{}

// Run runs a program to its end.
func (exec) Run(command Command) (Ended, error) { return ask[Ended]("exec", "run", command) }
