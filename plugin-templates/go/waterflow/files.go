package waterflow

import "encoding/json"

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

type writing struct {
	Path     string `json:"path"`
	Content  any    `json:"content"`
	Encoding string `json:"encoding,omitempty"`
	Append   bool   `json:"append,omitempty"`
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

// Unpack unpacks an archive into a folder: all of it, or nothing.
func (fs) Unpack(from, to string) (Packed, error) {
	return ask[Packed]("fs", "unpack", object{"from": from, "to": to})
}

type store struct{}

// Stored is a value of the store, which outlives the run.
type Stored struct {
	Value     json.RawMessage `json:"value"`
	Version   int64           `json:"version"`
	ExpiresAt string          `json:"expires_at"`
}

// Get gives a value; nil where nothing is there.
func (store) Get(key string) (*Stored, error) {
	return ask[*Stored]("store", "get", object{"key": key})
}

type version struct {
	Version int64 `json:"version"`
}

// Set sets a value of at most 64 KiB as JSON, and gives its version.
func (store) Set(key string, value any) (int64, error) {
	answer, err := ask[version]("store", "set", object{"key": key, "value": value})
	return answer.Version, err
}

// Swapped says whether a value was set, and the version of what is there now; Version is nil where nothing is.
type Swapped struct {
	Swapped bool   `json:"swapped"`
	Version *int64 `json:"version"`
}

// CompareAndSet sets the value only if the one that is there has the expected version; nil expects none.
func (store) CompareAndSet(key string, expected *int64, value any) (Swapped, error) {
	return ask[Swapped]("store", "compare_and_set", object{"key": key, "expected": expected, "value": value})
}

// Delete says whether there was such a value.
func (store) Delete(key string) (bool, error) {
	return ask[bool]("store", "delete", object{"key": key})
}

// Keys is a page of the store's keys; Cursor leads to the next one, and is empty on the last.
type Keys struct {
	Keys []struct {
		Key     string `json:"key"`
		Version int64  `json:"version"`
		Bytes   int64  `json:"bytes"`
	} `json:"keys"`
	Cursor string `json:"cursor"`
}

// List gives the keys that begin with a prefix, in their order; the cursor is empty for the first page.
func (store) List(prefix, cursor string) (Keys, error) {
	args := object{"prefix": prefix}
	if cursor != "" {
		args["cursor"] = cursor
	}
	return ask[Keys]("store", "list", args)
}
