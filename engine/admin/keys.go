package admin

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Scopes are what an API key can be for.
var Scopes = []string{"status", "mgmt", "metrics", "health", "api2", "httppub"}

// defaultScope is that of a key that names none.
const defaultScope = "mgmt"

// Why a key is not made or deleted, in the words of VerneMQ.
var (
	ErrKeyLength   = errors.New("invalid_key_length")
	ErrKeyExists   = errors.New("key_already_exists")
	ErrKeyScope    = errors.New("invalid_scope")
	ErrKeyExpiry   = errors.New("invalid_expiry_date")
	ErrKeyNotFound = errors.New("key_not_found")
)

// Key is one API key. The same text may be a key of several scopes.
type Key struct {
	Key   string `json:"key"`
	Scope string `json:"scope"`
	// Expires is zero for a key that does not.
	Expires time.Time `json:"expires,omitzero"`
}

// KeyLimits are what new keys must obey.
type KeyLimits struct {
	// MinLength is min_apikey_length, in bytes.
	MinLength int
	// MaxExpiry is the longest time for which a key may be good. 0: for ever.
	MaxExpiry time.Duration
}

// Keys are the API keys of a node, in a file. Its methods are for any goroutine but a loop's.
type Keys struct {
	path   string
	limits KeyLimits
	now    func() time.Time

	mu struct {
		sync.RWMutex
		list []Key // sorted by key and scope
	}
}

// keyFile is the content of the file.
type keyFile struct {
	Version int   `json:"version"`
	Keys    []Key `json:"keys"`
}

const keyFileVersion = 1

// OpenKeys reads the keys in the file at path, which need not exist. Keys that are in it stay good, whatever limits say.
func OpenKeys(path string, limits KeyLimits) (*Keys, error) {
	k := &Keys{path: path, limits: limits, now: time.Now}
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return nil, fmt.Errorf("API keys: %w", err)
	}
	var f keyFile
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, fmt.Errorf("API keys: %s: %w", path, err)
	}
	if f.Version != keyFileVersion {
		return nil, fmt.Errorf("API keys: %s: version %d of this file is not known, only %d", path, f.Version, keyFileVersion)
	}
	k.mu.list = f.Keys
	return k, nil
}

// Valid says whether key exists with that scope and has not expired. How long it takes says nothing about keys that are there.
func (k *Keys) Valid(key, scope string) bool {
	now := k.now()
	k.mu.RLock()
	defer k.mu.RUnlock()
	valid := false
	for _, x := range k.mu.list {
		same := subtle.ConstantTimeCompare([]byte(x.Key), []byte(key)) == 1
		if same && x.Scope == scope && !x.expired(now) {
			valid = true
		}
	}
	return valid
}

func (k *Key) expired(now time.Time) bool { return !k.Expires.IsZero() && !now.Before(k.Expires) }

// keyAlphabet and createdLength make keys that nobody guesses: 32 characters of 62 are 190 bits.
const (
	keyAlphabet   = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	createdLength = 32
)

// Create makes a key. expires is zero for one that does not. The error wraps one of those above, or is that of the file.
func (k *Keys) Create(scope string, expires time.Time) (key string, err error) {
	b := make([]byte, max(createdLength, k.limits.MinLength))
	for i := range b {
		b[i] = keyAlphabet[randomBelow(len(keyAlphabet))]
	}
	return string(b), k.Add(string(b), scope, expires)
}

// randomBelow is a random number below n, at most 256, each as likely as the other.
func randomBelow(n int) int {
	var b [1]byte
	for {
		_, _ = rand.Read(b[:]) // never fails
		if limit := 256 / n * n; int(b[0]) < limit {
			return int(b[0]) % n
		}
	}
}

// Add makes key good for scope. It is on disk when Add returns. The error is one of those above, or that of the file.
func (k *Keys) Add(key, scope string, expires time.Time) error {
	now := k.now()
	switch {
	case len(key) < max(k.limits.MinLength, 1):
		return ErrKeyLength
	case !slices.Contains(Scopes, scope):
		return ErrKeyScope
	case !expires.IsZero() && !expires.After(now):
		return ErrKeyExpiry
	case k.limits.MaxExpiry > 0 && (expires.IsZero() || expires.After(now.Add(k.limits.MaxExpiry))):
		return ErrKeyExpiry
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	at, found := k.searchLocked(key, scope)
	if found {
		return ErrKeyExists
	}
	return k.replaceLocked(slices.Insert(slices.Clone(k.mu.list), at, Key{key, scope, expires}))
}

// Delete takes key out of scope. The error is ErrKeyNotFound, ErrKeyScope, or that of the file.
func (k *Keys) Delete(key, scope string) error {
	if !slices.Contains(Scopes, scope) {
		return ErrKeyScope
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	at, found := k.searchLocked(key, scope)
	if !found {
		return ErrKeyNotFound
	}
	return k.replaceLocked(slices.Delete(slices.Clone(k.mu.list), at, at+1))
}

// List returns the keys of a scope, sorted; those of all scopes if it is empty.
func (k *Keys) List(scope string) []Key {
	k.mu.RLock()
	defer k.mu.RUnlock()
	var list []Key
	for _, x := range k.mu.list {
		if scope == "" || scope == x.Scope {
			list = append(list, x)
		}
	}
	return list
}

func (k *Keys) searchLocked(key, scope string) (int, bool) {
	return slices.BinarySearchFunc(k.mu.list, Key{Key: key, Scope: scope}, func(a, b Key) int {
		if c := strings.Compare(a.Key, b.Key); c != 0 {
			return c
		}
		return strings.Compare(a.Scope, b.Scope)
	})
}

// replaceLocked puts list in force once it is on disk. k.mu is held.
func (k *Keys) replaceLocked(list []Key) error {
	b, err := json.MarshalIndent(keyFile{keyFileVersion, list}, "", "  ")
	if err != nil {
		return err
	}
	if err := writeWhole(k.path, append(b, '\n')); err != nil {
		return fmt.Errorf("API keys: %w", err)
	}
	k.mu.list = list
	return nil
}

// writeWhole replaces a file so that it has either the old content or the new one, whatever happens meanwhile.
func writeWhole(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // for its owner only
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
