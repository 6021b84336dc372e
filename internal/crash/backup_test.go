package crash

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/vernemq/vmq/codec"
)

// TestBackupUnderLoad copies a broker while clients publish as fast as they can. What was acknowledged before the backup began is in it, in
// order, and retained messages too; the broker that was copied loses nothing by it.
func TestBackupUnderLoad(t *testing.T) {
	b := newBroker(t)
	b.start()
	s := b.connect(codec.V5, "s", persistent)
	s.subscribe(1, "t/#")
	s.leave()
	r := b.connect(codec.V311, "r")
	kept := publish("r", "kept", 1, 1)
	kept.Retain = true
	r.send(kept)
	r.want("retained", "PUBACK id=1 code=0x00")

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stop := make(chan struct{})
	var sending sync.WaitGroup
	const least = 3000 // messages on their way, so that the load is there before the backup begins
	reached := make(chan struct{})
	pubs := []*publisher{{broker: b, index: 0, qos: 1, version: codec.V311}, {broker: b, index: 1, qos: 1, version: codec.V5}}
	pubs[0].reached = func(done int64) {
		if done == least {
			close(reached)
		}
	}
	for _, p := range pubs {
		sending.Go(func() { _ = p.run(ctx, stop) })
	}
	<-reached
	copies := []string{filepath.Join(b.home, "copy1"), filepath.Join(b.home, "copy2")}
	var acknowledged [2][2]int
	for i, dir := range copies {
		for k, p := range pubs {
			acknowledged[i][k] = p.acknowledged()
		}
		if said, code := b.command(nil, "backup", dir); code != 0 {
			t.Fatalf("backup: %q, %d", said, code)
		}
		if said, code := b.command(nil, "backup", dir); code != 1 || !strings.Contains(said, "exists") {
			t.Errorf("backup into a directory that exists: %q, %d", said, code)
		}
	}
	close(stop)
	sending.Wait()
	b.kill()
	for i, dir := range append(copies, filepath.Join(b.home, "data")) {
		if said, code := b.command(nil, "check", "-o", "platform_data_dir="+dir); code != 0 || !strings.HasSuffix(said, "sound\n") {
			t.Errorf("check of a backup: %q, %d", said, code)
		}
		b.start("-o", "platform_data_dir="+dir)
		sub := &subscriber{broker: b, version: codec.V5}
		s := b.resume(codec.V5, "s")
		n := s.takeAll("t/end", func(line string) { sub.noteLine(t, line) })
		for k, p := range pubs {
			want := p.sent
			if i < len(copies) {
				want = acknowledged[i][k]
			}
			if m := sub.has(k, want); m != 0 {
				t.Errorf("%s: message %d of publisher %d is missing, %d were acknowledged", filepath.Base(dir), m, k, want)
			}
			check(t, sub, p)
		}
		t.Logf("%s: %d messages", filepath.Base(dir), n)
		r := b.connect(codec.V311, "r")
		r.subscribe(0, "r")
		r.want("retained", `PUBLISH retain qos=0 topic="r" payload="kept"`)
		b.kill()
	}
}
