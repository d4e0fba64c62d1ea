package waterflow

import (
	"encoding/json"
	"time"
)

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

// SetFor sets a value that is gone after a while, as Set does.
func (store) SetFor(key string, value any, ttl time.Duration) (int64, error) {
	answer, err := ask[version]("store", "set", object{"key": key, "value": value, "ttl_ms": ttl.Milliseconds()})
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

// DeleteVersion says whether there was such a value in the expected version, which is gone then.
func (store) DeleteVersion(key string, expected int64) (bool, error) {
	return ask[bool]("store", "delete", object{"key": key, "expected": expected})
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

// Saved is an archive that is kept. Saved is false where it was to stay as it was, and something was there.
type Saved struct {
	Saved   bool   `json:"saved"`
	Bytes   int64  `json:"bytes"`
	Entries int    `json:"entries"`
	SHA256  string `json:"sha256"`
	// Evicted counts archives that went because there was no more room, NotEvicted says why not all went that had to.
	Evicted    int    `json:"evicted"`
	NotEvicted string `json:"not_evicted"`
}

// Archive is a folder of the workspace that is to be kept; patterns are as for FS.Pack.
type Archive struct {
	From    string   `json:"from"`
	Include []string `json:"include,omitempty"`
	Exclude []string `json:"exclude,omitempty"`
	// Keep leaves what is there under the key as it is.
	Keep bool `json:"-"`
}

// Save packs a folder of the workspace and keeps the archive under the key.
func (store) Save(key string, archive Archive) (Saved, error) {
	return ask[Saved]("store", "save", struct {
		Archive
		Key     string `json:"key"`
		Replace bool   `json:"replace"`
	}{archive, key, !archive.Keep})
}

// Loaded says what was unpacked. Found is false where nothing was kept, and Damaged where it had to be removed. CreatedAt is RFC 3339.
type Loaded struct {
	Found        bool   `json:"found"`
	Damaged      bool   `json:"damaged"`
	Entries      int    `json:"entries"`
	Bytes        int64  `json:"bytes"`
	ArchiveBytes int64  `json:"archive_bytes"`
	SHA256       string `json:"sha256"`
	CreatedAt    string `json:"created_at"`
}

// Load unpacks what is kept under the key into a folder of the workspace: all of it, or nothing.
func (store) Load(key, to string) (Loaded, error) {
	return ask[Loaded]("store", "load", object{"key": key, "to": to})
}

// Kept is an archive as Saved lists it. CreatedAt is RFC 3339.
type Kept struct {
	Key       string `json:"key"`
	Bytes     int64  `json:"bytes"`
	SHA256    string `json:"sha256"`
	CreatedAt string `json:"created_at"`
}

// Saved gives the archives whose keys begin with a prefix, the newest first; limit is 0 for the default of 100.
func (store) Saved(prefix string, limit int) ([]Kept, error) {
	args := object{"prefix": prefix}
	if limit > 0 {
		args["limit"] = limit
	}
	return ask[[]Kept]("store", "saved", args)
}
