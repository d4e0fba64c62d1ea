package waterflow

// Mount puts a folder of the workspace, or a volume that lives as long as the run, into a container.
type Mount struct {
	// Path is the folder's in the workspace. Give it or Volume, the name of a volume.
	Path   string `json:"path,omitempty"`
	Volume string `json:"volume,omitempty"`
	Target string `json:"target"`
	// Access is "read" (default) or "write".
	Access string `json:"access,omitempty"`
}

// Limits bound what a container uses.
type Limits struct {
	MemoryBytes int64   `json:"memory_bytes,omitempty"`
	CPUs        float64 `json:"cpus,omitempty"`
	Processes   int     `json:"processes,omitempty"`
}

// HealthCheck is a container's; what is left out is as the image has it.
type HealthCheck struct {
	// Test is in Docker's words: "CMD" and a program, "CMD-SHELL" and a line, or "NONE".
	Test          []string `json:"test,omitempty"`
	IntervalMS    int64    `json:"interval_ms,omitempty"`
	TimeoutMS     int64    `json:"timeout_ms,omitempty"`
	StartPeriodMS int64    `json:"start_period_ms,omitempty"`
	Retries       int      `json:"retries,omitempty"`
}

// Container is what a container is made from.
type Container struct {
	// Image is "registry/name:tag" or "registry/name@sha256:…".
	Image string `json:"image"`
	// Command is a program with its arguments, in the place of the image's.
	Command    []string `json:"command,omitempty"`
	Entrypoint []string `json:"entrypoint,omitempty"`
	// Env may hold placeholders of granted secrets.
	Env     map[string]string `json:"env,omitempty"`
	Workdir string            `json:"workdir,omitempty"`
	// User is the owner of the workspace by default.
	User string `json:"user,omitempty"`
	// Network is "none" (default), "run" or "bridge".
	Network string  `json:"network,omitempty"`
	Mounts  []Mount `json:"mounts,omitempty"`
	// Tmpfs are paths, each of which gets an empty folder in memory.
	Tmpfs []string `json:"tmpfs,omitempty"`
	// Root is "write" (default), or "read" where the image's own files may not be changed in this container.
	Root   string `json:"root,omitempty"`
	Limits Limits `json:"limits,omitzero"`
	// Pull is "missing" (default), "always" or "never".
	Pull string `json:"pull,omitempty"`
	// Under is the operation that grants the container: "run" (default) or "compose".
	Under       string       `json:"under,omitempty"`
	TimeoutMS   int64        `json:"timeout_ms,omitempty"`
	HealthCheck *HealthCheck `json:"healthcheck,omitempty"`
}

// Image is what a container was made from, or what was pulled. ID is "sha256:…".
type Image struct {
	ID string `json:"image"`
	// Digests are "name@sha256:…", as registries know it; none of an image that never was at one.
	Digests []string `json:"digests"`
}

// Ran is how a container's program ended, and what it was made from.
type Ran struct {
	Ended
	Image
	OutOfMemory bool `json:"out_of_memory"`
}

type docker struct{}

// Run runs a program in a container of its own, which is gone when this answers.
func (docker) Run(container Container, streams Streams) (Ran, error) {
	return ask[Ran]("docker", "run", struct {
		Container
		Streams
	}{container, streams})
}

// Port is one of a container's, on 127.0.0.1 of the agent's machine.
type Port struct {
	Container int `json:"container"`
	Host      int `json:"host"`
}

// StartOptions are what a container that goes on has besides.
type StartOptions struct {
	// Name is what other containers of the run call it.
	Name  string `json:"name,omitempty"`
	Ports []Port `json:"ports,omitempty"`
}

// Started is a container that goes on; its id is Container.
type Started struct {
	Image
	Container string `json:"container"`
}

// Start starts a container that goes on until it is removed, its time is up, or the run ends.
func (docker) Start(container Container, options StartOptions) (Started, error) {
	return ask[Started]("docker", "start", struct {
		Container
		StartOptions
	}{container, options})
}

// Program is what is run in a container that is there.
type Program struct {
	Streams
	Command   []string          `json:"command"`
	Env       map[string]string `json:"env,omitempty"`
	Workdir   string            `json:"workdir,omitempty"`
	User      string            `json:"user,omitempty"`
	TimeoutMS int64             `json:"timeout_ms,omitempty"`
}

// Exec runs a program in a container that this plugin started. Cancelled or out of time, it takes the container with it.
func (docker) Exec(container string, program Program) (Ended, error) {
	return ask[Ended]("docker", "exec", struct {
		Container string `json:"container"`
		Program
	}{container, program})
}

// LogsOptions say what is read of a container's output: where it goes is captured unless said otherwise.
type LogsOptions struct {
	// Tail is the number of lines, counted from the last.
	Tail     int   `json:"tail,omitempty"`
	Stdout   any   `json:"stdout,omitempty"`
	Stderr   any   `json:"stderr,omitempty"`
	MaxBytes int64 `json:"max_bytes,omitempty"`
}

// Logs are what a container has written.
type Logs struct {
	Stdout string `json:"stdout"`
	Stderr string `json:"stderr"`
}

// Logs gives what a container has written so far.
func (docker) Logs(container string, options LogsOptions) (Logs, error) {
	return ask[Logs]("docker", "logs", struct {
		Container string `json:"container"`
		LogsOptions
	}{container, options})
}

// Wait waits until a container ends by itself, and gives its exit code; timeoutMS is 0 where it may take as long as the step.
func (docker) Wait(container string, timeoutMS int64) (int, error) {
	answer, err := ask[Ended]("docker", "wait", struct {
		Container string `json:"container"`
		TimeoutMS int64  `json:"timeout_ms,omitempty"`
	}{container, timeoutMS})
	return answer.ExitCode, err
}

// ContainerStatus says how a container is. Status is Docker's own word, as running or exited; so is Health, empty where there is no check.
type ContainerStatus struct {
	Status      string `json:"status"`
	ExitCode    int    `json:"exit_code"`
	OutOfMemory bool   `json:"out_of_memory"`
	Image       string `json:"image"`
	Health      string `json:"health"`
}

// Status says how a container is; under is the operation that grants it, "" for "run".
func (docker) Status(container, under string) (ContainerStatus, error) {
	args := object{"container": container}
	if under != "" {
		args["under"] = under
	}
	return ask[ContainerStatus]("docker", "status", args)
}

// Remove ends a container.
func (docker) Remove(container string) error {
	return Call("docker", "remove", object{"container": container}, nil)
}

// Pulled is an image that came from a registry; Bytes is its size.
type Pulled struct {
	Image
	Bytes int64 `json:"bytes"`
}

type transfer struct {
	Image     string `json:"image"`
	TimeoutMS int64  `json:"timeout_ms,omitempty"`
}

// Pull fetches an image; timeoutMS is 0 for the default.
func (docker) Pull(image string, timeoutMS int64) (Pulled, error) {
	return ask[Pulled]("docker", "pull", transfer{image, timeoutMS})
}

// Pushed is an image that went to a registry; Digest is empty where that gave none.
type Pushed struct {
	Image  string `json:"image"`
	Digest string `json:"digest"`
}

// Push sends an image to its registry; timeoutMS is 0 for the default.
func (docker) Push(image string, timeoutMS int64) (Pushed, error) {
	return ask[Pushed]("docker", "push", transfer{image, timeoutMS})
}

// Login is for the pulls and pushes of this invocation. The password may be a placeholder of a granted secret.
func (docker) Login(registry, username, password string) error {
	return Call("docker", "login", object{"registry": registry, "username": username, "password": password}, nil)
}

// Build is an image that is to be made from a folder of the workspace, by the classic builder.
type Build struct {
	Tag string `json:"tag"`
	// Context is the workspace by default.
	Context string `json:"context,omitempty"`
	// Dockerfile lies within the context.
	Dockerfile string            `json:"dockerfile,omitempty"`
	Args       map[string]string `json:"args,omitempty"`
	// Target is the stage to build.
	Target    string `json:"target,omitempty"`
	Network   string `json:"network,omitempty"`
	Limits    Limits `json:"limits,omitzero"`
	TimeoutMS int64  `json:"timeout_ms,omitempty"`
}

// Build makes an image, and gives its id.
func (docker) Build(build Build) (string, error) {
	answer, err := ask[Image]("docker", "build", build)
	return answer.ID, err
}

// volume is the name of a volume; under is the operation that grants it, "" for "run".
func volume(operation, name, under string) error {
	args := object{"name": name}
	if under != "" {
		args["under"] = under
	}
	return Call("docker", operation, args, nil)
}

// CreateVolume makes a volume, as mounting it does; under is the operation that grants it, "" for "run".
func (docker) CreateVolume(name, under string) error { return volume("create_volume", name, under) }

// RemoveVolume removes a volume.
func (docker) RemoveVolume(name, under string) error { return volume("remove_volume", name, under) }
