package bench

import (
	"os"
	"runtime"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/queue/store"
)

// StoreEnv, set to anything, gives every broker on a bench a store, so that all tests of sessions hold with one too.
const StoreEnv = "VMQ_BENCH_STORE"

// NewStored is New for a broker whose store is on fs, which may have been written by another one before.
func NewStored(t testing.TB, loops int, fs vfs.FS, change func(*session.Settings)) *Bench {
	t.Helper()
	return NewCrowded(t, loops, fs, 0, change)
}

// NewCrowded is NewStored for a broker whose queues may take about that many bytes of memory.
func NewCrowded(t testing.TB, loops int, fs vfs.FS, memory int, change func(*session.Settings)) *Bench {
	t.Helper()
	return NewWith(t, loops, engine.Options{Store: &store.Options{FS: fs}, QueueMemory: memory}, change)
}

// storeFor is the file system of the store that the broker gets, nil if it gets none.
func storeFor(o *store.Options) vfs.FS {
	switch {
	case o != nil:
		return o.FS
	case os.Getenv(StoreEnv) != "":
		return vfs.NewMem()
	}
	return nil
}

func (b *Bench) openStore(fs vfs.FS) {
	b.t.Helper()
	// Without patience, because a test gives its acknowledgements when everything else is done, and would only wait for nothing.
	o := store.Options{Dir: "data", FS: fs, MemTableBytes: 1 << 20, CacheBytes: 1 << 20, Patience: -1}
	if err := b.Broker.OpenStore(o); err != nil {
		b.t.Fatal(err)
	}
	b.stored = true
	b.t.Cleanup(func() { _ = b.Broker.Store().Close() })
	b.run()
}

// run runs the broker until it is idle, and with a store until what it wrote is durable and what it reads is there.
func (b *Bench) run() {
	b.Fake.Run()
	for b.stored && b.busy() {
		runtime.Gosched()
		b.Fake.Run()
	}
}

func (b *Bench) busy() bool {
	for _, l := range b.Broker.Loops() {
		if b.Broker.Local(l).StoreBusy() {
			return true
		}
	}
	return false
}

// Unplugged says that the test itself waits for the store from now on, because its disk fails.
func (b *Bench) Unplugged() { b.stored = false }

// Plugged ends that.
func (b *Bench) Plugged() {
	b.stored = true
	b.run()
}

// Kill is what a loss of power at this moment leaves on the disk. fs is that of the bench, and crashable.
func Kill(fs *vfs.MemFS) *vfs.MemFS { return fs.CrashClone(vfs.CrashCloneCfg{}) }
