package admin

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var today = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

func openKeys(t *testing.T, path string, limits KeyLimits) *Keys {
	t.Helper()
	k, err := OpenKeys(path, limits)
	if err != nil {
		t.Fatal(err)
	}
	k.now = func() time.Time { return today }
	return k
}

func TestKeysValid(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	k := openKeys(t, path, KeyLimits{})
	for _, x := range []Key{{"abc", "mgmt", time.Time{}}, {"abc", "metrics", today.Add(time.Hour)}, {"other", "mgmt", time.Time{}}} {
		if err := k.Add(x.Key, x.Scope, x.Expires); err != nil {
			t.Fatal(err)
		}
	}
	check := func(when string, k *Keys, key, scope string, want bool) {
		t.Helper()
		if got := k.Valid(key, scope); got != want {
			t.Errorf("%s: key %q for %s is valid: %v, want %v", when, key, scope, got, want)
		}
	}
	for _, now := range []*Keys{k, openKeys(t, path, KeyLimits{MinLength: 99})} { // as it is, and as it was read again
		check("today", now, "abc", "mgmt", true)
		check("today", now, "abc", "metrics", true)
		check("today", now, "abc", "health", false)
		check("today", now, "", "mgmt", false)
		check("today", now, "abcd", "mgmt", false)
		now.now = func() time.Time { return today.Add(time.Hour) }
		check("an hour later", now, "abc", "metrics", false)
		check("an hour later", now, "abc", "mgmt", true)
		now.now = func() time.Time { return today }
	}
	if err := k.Delete("abc", "mgmt"); err != nil {
		t.Fatal(err)
	}
	check("deleted", k, "abc", "mgmt", false)
	check("deleted", openKeys(t, path, KeyLimits{}), "abc", "mgmt", false)
	check("deleted", k, "abc", "metrics", true)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v, %v", info.Mode(), err)
	}
	if left, err := filepath.Glob(path + ".*"); err != nil || len(left) > 0 {
		t.Errorf("files that are left: %v, %v", left, err)
	}
}

func TestKeyLimits(t *testing.T) {
	const day = 24 * time.Hour
	k := openKeys(t, filepath.Join(t.TempDir(), "keys.json"), KeyLimits{MinLength: 40, MaxExpiry: 10 * day})
	for _, x := range []struct {
		what    string
		expires time.Time
		want    error
	}{
		{"no expiry", time.Time{}, ErrKeyExpiry},
		{"in the past", today.Add(-day), ErrKeyExpiry},
		{"now", today, ErrKeyExpiry},
		{"too late", today.Add(11 * day), ErrKeyExpiry},
		{"the last moment", today.Add(10 * day), nil},
	} {
		key, err := k.Create("mgmt", x.expires)
		if !errors.Is(err, x.want) {
			t.Errorf("%s: %v, want %v", x.what, err, x.want)
		}
		if err == nil && (len(key) != 40 || !k.Valid(key, "mgmt")) {
			t.Errorf("%s: the key is %q", x.what, key)
		}
	}
	if err := k.Add("short", "mgmt", today.Add(day)); !errors.Is(err, ErrKeyLength) {
		t.Errorf("a short key: %v", err)
	}
	first, _ := k.Create("mgmt", today.Add(day))
	second, _ := k.Create("mgmt", today.Add(day))
	if first == second {
		t.Errorf("the same key twice: %s", first)
	}
}

// TestKeysThatCannotBeStored proves that a key which is not on disk is no key.
func TestKeysThatCannotBeStored(t *testing.T) {
	k := openKeys(t, filepath.Join(t.TempDir(), "nowhere", "keys.json"), KeyLimits{})
	if err := k.Add("abc", "mgmt", time.Time{}); err == nil || k.Valid("abc", "mgmt") || len(k.List("")) > 0 {
		t.Errorf("error %v, keys %v", err, k.List(""))
	}
	for _, content := range []string{"nonsense", `{"version":2}`} {
		path := filepath.Join(t.TempDir(), "keys.json")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenKeys(path, KeyLimits{}); err == nil {
			t.Errorf("a file with %q was read", content)
		}
	}
}
