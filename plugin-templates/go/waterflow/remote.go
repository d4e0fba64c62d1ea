package waterflow

// SSHHost is where a call of SSH goes, and as whom where the entries leave that open.
type SSHHost struct {
	Host string `json:"host"`
	// Port is 22 by default.
	Port int    `json:"port,omitempty"`
	User string `json:"user,omitempty"`
	// Key, Passphrase and Password are placeholders of secrets to log in with, where the entries let them be used.
	Key        string `json:"key,omitempty"`
	Passphrase string `json:"passphrase,omitempty"`
	Password   string `json:"password,omitempty"`
	// TimeoutMS is of the whole call: 60 s by default, half an hour to move files, none for Exec.
	TimeoutMS int64 `json:"timeout_ms,omitempty"`
}

// SSHCommand is a program on another machine. Each argument reaches it as it is: the agent quotes it for a POSIX shell.
type SSHCommand struct {
	Streams
	Command string   `json:"command"`
	Args    []string `json:"args,omitempty"`
}

type ssh struct{}

// Exec runs a program on another machine. The exit code is an answer, not an error.
func (ssh) Exec(host SSHHost, command SSHCommand) (Ended, error) {
	return ask[Ended]("ssh", "exec", struct {
		SSHHost
		SSHCommand
	}{host, command})
}

// SSHMove says which files are moved, and how.
type SSHMove struct {
	From string `json:"from"`
	To   string `json:"to"`
	// Include and Exclude are patterns of paths in the folder From; what lies below an excluded folder is excluded.
	Include []string `json:"include,omitempty"`
	Exclude []string `json:"exclude,omitempty"`
	// Resume goes on with what an earlier call left.
	Resume bool `json:"resume,omitempty"`
	// Compare leaves files alone that are there already, by their "time" or their "checksum".
	Compare string `json:"compare,omitempty"`
	// Links in a folder: "refuse" (default) or "skip".
	Links string `json:"links,omitempty"`
	// MaxBytes is of all files together, 1 GiB by default.
	MaxBytes int64 `json:"max_bytes,omitempty"`
}

// SSHUpload moves files of the workspace to another machine.
type SSHUpload struct {
	SSHMove
	// Mode is the permission bits of every file, instead of its own.
	Mode uint32 `json:"mode,omitempty"`
	// Verify reads each file back before it gets its name; must be granted to read there.
	Verify bool `json:"verify,omitempty"`
}

// SSHDownload moves files of another machine into the workspace.
type SSHDownload struct {
	SSHMove
	// SHA256 is what the file must have.
	SHA256 string `json:"sha256,omitempty"`
}

// Moved is what was moved; Unchanged counts the files that were there already, where the call compares. SHA256 is the file's, or of a
// folder that of the lines which sha256sum prints for its files.
type Moved struct {
	Files     int    `json:"files"`
	Bytes     int64  `json:"bytes"`
	Unchanged int    `json:"unchanged"`
	SHA256    string `json:"sha256"`
}

// Upload moves a file or a folder of the workspace to another machine.
func (ssh) Upload(host SSHHost, upload SSHUpload) (Moved, error) {
	return ask[Moved]("ssh", "upload", struct {
		SSHHost
		SSHUpload
	}{host, upload})
}

// Download moves a file or a folder of another machine into the workspace.
func (ssh) Download(host SSHHost, download SSHDownload) (Moved, error) {
	return ask[Moved]("ssh", "download", struct {
		SSHHost
		SSHDownload
	}{host, download})
}

// SSHEntry is what lies at a path of another machine; a link is never followed. Name is empty where the path was given.
type SSHEntry struct {
	Name       string  `json:"name"`
	Type       string  `json:"type"`
	Bytes      int64   `json:"bytes"`
	Mode       uint32  `json:"mode"`
	ModifiedMS float64 `json:"modified_ms"`
}

func onPath[Answer any](operation string, host SSHHost, path string) (Answer, error) {
	return ask[Answer]("ssh", operation, struct {
		SSHHost
		Path string `json:"path"`
	}{host, path})
}

// List gives what is in a folder of another machine.
func (ssh) List(host SSHHost, path string) ([]SSHEntry, error) {
	return onPath[[]SSHEntry]("list", host, path)
}

// Stat says what a path of another machine is; nil where nothing is there.
func (ssh) Stat(host SSHHost, path string) (*SSHEntry, error) {
	return onPath[*SSHEntry]("stat", host, path)
}

// Mkdir makes a folder on another machine.
func (ssh) Mkdir(host SSHHost, path string) error {
	_, err := onPath[any]("mkdir", host, path)
	return err
}

// Remove removes a file of another machine, or a folder with all that is in it.
func (ssh) Remove(host SSHHost, path string) error {
	_, err := onPath[any]("remove", host, path)
	return err
}

// Rename renames what lies on another machine.
func (ssh) Rename(host SSHHost, from, to string) error {
	return Call("ssh", "rename", struct {
		SSHHost
		From string `json:"from"`
		To   string `json:"to"`
	}{host, from, to}, nil)
}

// Address is of a mail; Name is shown, and may be left out.
type Address struct {
	Address string `json:"address"`
	Name    string `json:"name,omitempty"`
}

// Attachment is a file of the workspace; Name is the file's own by default.
type Attachment struct {
	File string `json:"file"`
	Name string `json:"name,omitempty"`
	Type string `json:"type,omitempty"`
}

// MailLogin says how to log in, where no entry does: the password is a secret's placeholder.
type MailLogin struct {
	User     string `json:"user"`
	Password string `json:"password"`
}

// Message is a mail, and the server that it goes by.
type Message struct {
	Host string `json:"host"`
	// Port is 587 by default.
	Port        int          `json:"port,omitempty"`
	From        Address      `json:"from"`
	To          []Address    `json:"to,omitempty"`
	Cc          []Address    `json:"cc,omitempty"`
	Bcc         []Address    `json:"bcc,omitempty"`
	ReplyTo     *Address     `json:"reply_to,omitempty"`
	Subject     string       `json:"subject"`
	Text        string       `json:"text,omitempty"`
	HTML        string       `json:"html,omitempty"`
	Attachments []Attachment `json:"attachments,omitempty"`
	Login       *MailLogin   `json:"login,omitempty"`
	// TimeoutMS is of the whole call, two minutes by default.
	TimeoutMS int64 `json:"timeout_ms,omitempty"`
}

// Rejected is an address that the server did not take.
type Rejected struct {
	Address string `json:"address"`
	Reason  string `json:"reason"`
}

// Sent says what became of a message.
type Sent struct {
	MessageID string     `json:"message_id"`
	Accepted  []string   `json:"accepted"`
	Rejected  []Rejected `json:"rejected"`
	Bytes     int64      `json:"bytes"`
}

type mail struct{}

// Send sends a message.
func (mail) Send(message Message) (Sent, error) { return ask[Sent]("mail", "send", message) }
