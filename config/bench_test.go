package config

import (
	"os"
	"testing"
)

// BenchmarkLoad is what a start pays before anything else: the file of a VerneMQ 2.2 installation.
func BenchmarkLoad(b *testing.B) {
	text, err := os.ReadFile("testdata/vernemq-2.2-default.conf")
	if err != nil {
		b.Fatal(err)
	}
	files := memFiles{"f": string(text)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := load(Options{File: "f", Home: "/h"}, files); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkUnknownKey is the price of a hint.
func BenchmarkUnknownKey(b *testing.B) {
	s := std()
	for b.Loop() {
		if s.hint("listener.tcp.default.max_conections") == "" {
			b.Fatal("no hint")
		}
	}
}
