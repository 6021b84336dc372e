package config

import (
	"fmt"
	"math"
)

// Kind is the type of a key's value: which text is accepted and what it turns into.
type Kind uint8

const (
	// Flag is on or off, in lower case.
	Flag Kind = iota + 1
	// Int is a decimal integer with an optional sign; the row's Range says what is allowed.
	Int
	// String is any text.
	String
	// Enum is one of the row's Words.
	Enum
	// File is the path of a file; a relative one starts at the home directory.
	File
	// Dir is the path of a directory; a relative one starts at the home directory.
	Dir
	// Address is IP:port, [IPv6]:port, or local:/path:0 for a unix socket where the row says so.
	Address
	// ByteSize is a number with an optional suffix KB, MB or GB (powers of 1024); its integer is bytes.
	ByteSize
	// Percent is 0% to 100%; its integer is the number before the sign.
	Percent
	// Duration is numbers with the units f w d h m s ms, such as 1d12h; its integer is milliseconds.
	Duration
	// Period is one integer with one of the units s h d w m y, where m is 28 days and y is 336 days; its integer is seconds.
	Period
	// List is words separated by commas, with or without square brackets around them.
	List
	// Term is text in the syntax of Erlang; it is kept and not looked into.
	Term
)

var kindNames = [...]string{Flag: "flag", Int: "int", String: "string", Enum: "enum", File: "file", Dir: "dir",
	Address: "ip:port", ByteSize: "bytesize", Percent: "percent", Duration: "duration", Period: "period", List: "list",
	Term: "Erlang term"}

func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Settable tells what `vmq-admin set` does with a key.
type Settable uint8

const (
	// Fixed keys are read at start only.
	Fixed Settable = iota
	// SetNow keys can be set; connections that exist are affected.
	SetNow
	// SetNew keys can be set; connections and sessions made afterwards are affected.
	SetNew
)

func (s Settable) String() string {
	return [...]string{"no", "yes, at once", "yes, for new sessions"}[s]
}

// Scope tells how the values of a key on the nodes of one cluster relate.
type Scope uint8

const (
	// PerNode values may differ between nodes.
	PerNode Scope = iota
	// SameForClients values should be equal on all nodes, because clients see the difference.
	SameForClients
	// SameForCluster values must be equal on all nodes; otherwise the cluster does not work.
	SameForCluster
	// Unique values must differ between nodes.
	Unique
)

func (s Scope) String() string {
	return [...]string{"node", "same on all nodes", "must be equal in the cluster", "must differ between nodes"}[s]
}

// Shown tells how a key stands in the file that ships.
type Shown uint8

const (
	// Hidden keys are not written; they work all the same.
	Hidden Shown = iota
	// ShownCommented keys are written behind ##.
	ShownCommented
	// ShownLive keys are written as an ordinary line.
	ShownLive
)

// Status tells what the broker makes of a key.
type Status uint8

const (
	// NotBuilt keys belong to a feature that this version lacks: accepted, checked, without effect, one warning for the feature.
	NotBuilt Status = iota
	// Served keys do what their documentation says.
	Served
	// RuntimeOnly keys concern the Erlang runtime: accepted, without effect, a warning when the value is not the default.
	RuntimeOnly
	// Legacy keys come from older versions or from documentation only: translated to a key of today, or ignored, with a warning.
	Legacy
)

func (s Status) String() string {
	return [...]string{"not built yet", "served", "Erlang runtime only", "legacy"}[s]
}

// FileCheck tells what Load verifies about the file that a value names.
type FileCheck uint8

const (
	// Unchecked files are looked at by their feature, when it starts.
	Unchecked FileCheck = iota
	// MustRead files must be readable when Load runs; an empty value is allowed.
	MustRead
	// MustBePEM files must be readable and hold at least one PEM block; an empty value is allowed.
	MustBePEM
)

// Range is a closed interval of integers.
type Range struct{ Min, Max int64 }

func (r *Range) String() string {
	switch {
	case r.Max == math.MaxInt64:
		return fmt.Sprintf("at least %d", r.Min)
	case r.Min == math.MinInt64:
		return fmt.Sprintf("at most %d", r.Max)
	}
	return fmt.Sprintf("%d to %d", r.Min, r.Max)
}

func between(lo, hi int64) *Range { return &Range{lo, hi} }
func atLeast(lo int64) *Range     { return &Range{lo, math.MaxInt64} }
func atMost(hi int64) *Range      { return &Range{math.MinInt64, hi} }
