package admin

import (
	"context"
	"fmt"
	"slices"
	"time"
)

const (
	// expiryForm is how expiry is written, in local time, and shownTime how times are shown, in UTC.
	expiryForm = "2006-01-02T15:04:05"
	shownTime  = "2006-01-02 15:04:05"
	allScopes  = "all"
)

func (t *Commands) keyCommands() []Command {
	scope := Arg{Key: "scope", Value: "<Scope>", Help: "status, mgmt, metrics, health, api2 or httppub. Default: mgmt.", Complete: Scopes}
	expires := Arg{Key: "expires", Value: "<yyyy-mm-ddThh:mm:ss>", Help: "When the key stops to be good, in local time. Default: never."}
	key := Arg{Key: "key", Value: "<Key>", Help: "The key."}
	return []Command{
		{
			Path: "api-key create", Synopsis: "[scope=<Scope>] [expires=<yyyy-mm-ddThh:mm:ss>]", Summary: "Create an API key",
			Help: "Creates a key and prints it.", Args: []Arg{scope, expires}, AfterStop: true, Do: t.createKey,
		},
		{
			Path: "api-key add", Synopsis: "key=<Key> [scope=<Scope>] [expires=<yyyy-mm-ddThh:mm:ss>]", Summary: "Add an API key of your own",
			Help: "Makes a text of your choice a key.", Args: []Arg{key, scope, expires}, AfterStop: true, Do: t.addKey,
		},
		{
			Path: "api-key delete", Synopsis: "key=<Key> [scope=<Scope>]", Summary: "Delete an API key",
			Help: "Takes a key out of a scope.", Args: []Arg{key, scope}, AfterStop: true, Do: t.deleteKey,
		},
		{
			Path: "api-key show", Synopsis: "[scope=<Scope>]", Summary: "Show the API keys", AfterStop: true,
			Help: "Shows the keys, those that have expired included.",
			Args: []Arg{{Key: "scope", Value: "<Scope>", Help: "Only those of this scope. Default: all.", Complete: append([]string{allScopes}, Scopes...)}},
			Do:   t.showKeys,
		},
	}
}

// keyError is how commands say why a key was not made or deleted.
func keyError(err error) Result { return text(fmt.Sprintf("{error,%v}", err)) }

// scopeAndExpiry reads the arguments of a new key.
func scopeAndExpiry(in *Input) (scope string, expires time.Time, err error) {
	if scope = in.Arg("scope"); scope == "" {
		scope = defaultScope
	}
	if s := in.Arg("expires"); s != "" {
		if expires, err = time.ParseInLocation(expiryForm, s, time.Local); err != nil {
			return "", expires, ErrKeyExpiry
		}
	}
	return scope, expires, nil
}

func (t *Commands) createKey(_ context.Context, in *Input) (Result, error) {
	scope, expires, err := scopeAndExpiry(in)
	if err != nil {
		return keyError(err), nil
	}
	key, err := t.options.Keys.Create(scope, expires)
	if err != nil {
		return keyError(err), nil
	}
	return text(key), nil
}

func (t *Commands) addKey(_ context.Context, in *Input) (Result, error) {
	key := in.Arg("key")
	if key == "" {
		return in.explain()
	}
	scope, expires, err := scopeAndExpiry(in)
	if err == nil {
		err = t.options.Keys.Add(key, scope, expires)
	}
	if err != nil {
		return keyError(err), nil
	}
	return text("ok"), nil
}

func (t *Commands) deleteKey(_ context.Context, in *Input) (Result, error) {
	key := in.Arg("key")
	if key == "" {
		return in.explain()
	}
	scope := in.Arg("scope")
	if scope == "" {
		scope = defaultScope
	}
	if err := t.options.Keys.Delete(key, scope); err != nil {
		return keyError(err), nil
	}
	return text("ok"), nil
}

func (t *Commands) showKeys(_ context.Context, in *Input) (Result, error) {
	scope := in.Arg("scope")
	if scope == allScopes {
		scope = ""
	}
	if scope != "" && !slices.Contains(Scopes, scope) {
		return keyError(ErrKeyScope), nil
	}
	table := &Table{Columns: []string{"Key", "Scope", "Expires (UTC)", "has expired"}}
	now := t.options.Keys.now()
	for _, k := range t.options.Keys.List(scope) {
		expires := "never"
		if !k.Expires.IsZero() {
			expires = k.Expires.UTC().Format(shownTime)
		}
		table.add(k.Key, k.Scope, expires, k.expired(now))
	}
	return Result{table}, nil
}
