package waterflow

type fs struct{}

// Entry is a name in a folder. Type is file, directory, symlink or other.
type Entry struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Bytes int64  `json:"bytes"`
}

// Stat is what a path of the workspace is.
type Stat struct {
	Type       string  `json:"type"`
	Bytes      int64   `json:"bytes"`
	ModifiedMS float64 `json:"modified_ms"`
}

// Read gives a file's text.
func (fs) Read(path string) (string, error) { return ask[string]("fs", "read", object{"path": path}) }

// ReadAtMost gives a file's text; an error where it is longer.
func (fs) ReadAtMost(path string, maxBytes int64) (string, error) {
	return ask[string]("fs", "read", object{"path": path, "max_bytes": maxBytes})
}

// ReadBytes gives a file's bytes.
func (fs) ReadBytes(path string) ([]byte, error) {
	return ask[[]byte]("fs", "read", object{"path": path, "encoding": "base64"})
}

// Write writes a text file, and its parent folders; what was there is replaced at once.
func (fs) Write(path, content string) error { return write(writing{Path: path, Content: content}) }

// WriteBytes writes a file, as Write does.
func (fs) WriteBytes(path string, content []byte) error {
	return write(writing{Path: path, Content: content, Encoding: "base64"})
}

// Append writes behind what is there.
func (fs) Append(path, content string) error {
	return write(writing{Path: path, Content: content, Append: true})
}

// WriteExecutable writes a program, as WriteBytes does.
func (fs) WriteExecutable(path string, content []byte) error {
	return write(writing{Path: path, Content: content, Encoding: "base64", Executable: true})
}

type writing struct {
	Path       string `json:"path"`
	Content    any    `json:"content"`
	Encoding   string `json:"encoding,omitempty"`
	Append     bool   `json:"append,omitempty"`
	Executable bool   `json:"executable,omitempty"`
}

func write(file writing) error { return Call("fs", "write", file, nil) }

// List gives what is in a folder.
func (fs) List(path string) ([]Entry, error) {
	return ask[[]Entry]("fs", "list", object{"path": path})
}

// Stat says what a path is; nil where nothing is there.
func (fs) Stat(path string) (*Stat, error) { return ask[*Stat]("fs", "stat", object{"path": path}) }

// Mkdir makes a folder, and its parents.
func (fs) Mkdir(path string) error { return Call("fs", "mkdir", object{"path": path}, nil) }

// Remove removes a file, or a folder with all that is in it.
func (fs) Remove(path string) error { return Call("fs", "remove", object{"path": path}, nil) }

// Copy copies a file or a folder.
func (fs) Copy(from, to string) error {
	return Call("fs", "copy", object{"from": from, "to": to}, nil)
}

// Move moves a file or a folder.
func (fs) Move(from, to string) error {
	return Call("fs", "move", object{"from": from, "to": to}, nil)
}

// Hash gives a file's SHA-256 in lower-case hex.
func (fs) Hash(path string) (string, error) { return ask[string]("fs", "hash", object{"path": path}) }

// Glob gives the files that match, sorted.
func (fs) Glob(pattern string) ([]string, error) {
	return ask[[]string]("fs", "glob", object{"pattern": pattern})
}

// Packed says what is in an archive.
type Packed struct {
	Bytes   int64  `json:"bytes"`
	Entries int    `json:"entries"`
	SHA256  string `json:"sha256"`
}

// Pack makes an archive of a folder; the name of `to` says which (.tar, .tar.gz, .tar.zst).
func (fs) Pack(from, to string) (Packed, error) {
	return ask[Packed]("fs", "pack", object{"from": from, "to": to})
}

// PackOptions say what of a folder goes into an archive.
type PackOptions struct {
	// Format is tar, tar.gz or tar.zst; by the archive's name where it is left out.
	Format string `json:"format,omitempty"`
	// Include and Exclude are patterns of paths in the folder; what lies below an excluded folder is excluded.
	Include []string `json:"include,omitempty"`
	Exclude []string `json:"exclude,omitempty"`
}

// PackWith makes an archive of a part of a folder.
func (fs) PackWith(from, to string, options PackOptions) (Packed, error) {
	return ask[Packed]("fs", "pack", struct {
		From string `json:"from"`
		To   string `json:"to"`
		PackOptions
	}{from, to, options})
}

// UnpackOptions say what of an archive is unpacked.
type UnpackOptions struct {
	// Strip counts the names that fall away at the beginning of each path.
	Strip int `json:"strip,omitempty"`
	// Include and Exclude are patterns of paths as they are in the folder.
	Include []string `json:"include,omitempty"`
	Exclude []string `json:"exclude,omitempty"`
	// MaxBytes is of all files together, 4 GiB by default; MaxEntries is 100000 by default, and at most.
	MaxBytes   int64 `json:"max_bytes,omitempty"`
	MaxEntries int   `json:"max_entries,omitempty"`
}

// UnpackWith unpacks a part of an archive, as Unpack does.
func (fs) UnpackWith(from, to string, options UnpackOptions) (Packed, error) {
	return ask[Packed]("fs", "unpack", struct {
		From string `json:"from"`
		To   string `json:"to"`
		UnpackOptions
	}{from, to, options})
}

// Unpack unpacks an archive into a folder: all of it, or nothing.
func (fs) Unpack(from, to string) (Packed, error) {
	return ask[Packed]("fs", "unpack", object{"from": from, "to": to})
}
