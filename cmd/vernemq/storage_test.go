package main

import (
	"strings"
	"testing"

	"github.com/vernemq/vmq/config"
	"github.com/vernemq/vmq/queue/store"
)

func TestStoreOptions(t *testing.T) {
	for _, test := range []struct {
		text string
		want store.Sync
	}{
		{"", store.SyncCommit},
		{"leveldb.sync_on_write = on", store.SyncCommit},
		{"leveldb.sync_on_write = off", store.SyncInterval},
	} {
		if got := storeOptions(load(t, test.text), memory{}).Sync; got != test.want {
			t.Errorf("%q: sync %d, want %d", test.text, got, test.want)
		}
	}
	if o := storeOptions(load(t, "leveldb.compression = off"), memory{}); !o.NoCompression {
		t.Error("compression is on")
	}
}

func TestStoreMemory(t *testing.T) {
	for _, test := range []struct {
		s       config.Storage
		machine int64
		want    memory
	}{
		{config.Storage{MemoryPercent: 70, WriteBuffer: 30 << 20, CacheLeast: 32 << 20}, 100 << 30, memory{30 << 20, 100 << 30 / 100 * 70 / 8, 100 << 30 / 100 * 70 / 8}},
		{config.Storage{MemoryPercent: 0, WriteBuffer: 30 << 20}, 100 << 30, memory{30 << 20, 100 << 30 / 100 * 25 / 8, 100 << 30 / 100 * 25 / 8}},
		{config.Storage{MemoryPercent: 70, Memory: 64 << 20, WriteBuffer: 30 << 20, CacheLeast: 32 << 20}, 100 << 30, memory{8 << 20, 32 << 20, queuesLeast}},
		{config.Storage{Memory: 1, WriteBuffer: 30 << 20, CacheLeast: 32 << 20}, 1 << 30, memory{memTableLeast, cacheLeast, queuesLeast}},
	} {
		if got := storeMemory(&test.s, test.machine); got != test.want {
			t.Errorf("%+v: %+v, want %+v", test.s, got, test.want)
		}
	}
}

// TestBackupAndCheck proves that a running broker is copied into a directory that another one of its name starts from, that a store is
// checked when nobody runs on it only, and that a broker of another name does not touch it.
func TestBackupAndCheck(t *testing.T) {
	h := newHome(t, "listener.tcp.default = 127.0.0.1:0\n")
	c := h.console()
	c.until("ready")
	if got := h.run("check"); got.code != 1 || !strings.Contains(got.errs, "running") {
		t.Errorf("check of a running broker: %+v", got)
	}
	copied := h.path("copy")
	if got := h.run("backup", copied); got.code != 0 {
		t.Fatalf("backup: %+v", got)
	}
	if got := h.run("backup", copied); got.code != 1 || !strings.Contains(got.out, "exists") {
		t.Errorf("backup into a directory that exists: %+v", got)
	}
	if got := h.run("stop"); got.code != 0 {
		t.Fatalf("stop: %+v", got)
	}
	c.wait()
	for _, dir := range []string{h.path("data"), copied} {
		if got := h.run("check", "-o", "platform_data_dir="+dir); got.code != 0 || !strings.HasSuffix(got.out, "sound\n") {
			t.Errorf("check of %s: %+v", dir, got)
		}
	}
	got := h.run("console", "-o", "platform_data_dir="+copied, "-o", "nodename=other@127.0.0.1")
	if got.code != 1 || !strings.Contains(got.errs, "data directory of another node") {
		t.Errorf("a node of another name: %+v", got)
	}
}
