package crash

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/queue/store"
)

// hookedEnv makes this test program a broker with a plugin, which the shipped one has no way to load: the value is its address, its store
// lies in the current directory.
const hookedEnv = "VMQ_CRASH_HOOKED"

// offlineLimit gives every client a queue of its own size.
type offlineLimit struct{}

func (offlineLimit) AuthOnRegister(context.Context, *hook.Register) (*hook.RegisterMods, error) {
	return &hook.RegisterMods{MaxOfflineMessages: hook.Some(3)}, nil
}

func (offlineLimit) AuthOnPublish(context.Context, *hook.Publish) (*hook.PublishMods, error) {
	return nil, nil
}

func (offlineLimit) AuthOnSubscribe(context.Context, *hook.Subscribe) (*hook.SubscribeMods, error) {
	return nil, nil
}

// runHooked serves until it is killed.
func runHooked() {
	set := session.DefaultSettings()
	b, err := engine.New(engine.Options{
		Settings: &set, Hooks: hook.New(hook.Plugin{Name: "limits", Impl: offlineLimit{}}), Store: &store.Options{Dir: "store"},
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	if err == nil {
		err = b.Start()
	}
	if err == nil {
		_, err = b.Listen(engine.ListenerOptions{Network: "tcp", Address: os.Getenv(hookedEnv), ListenerSettings: session.ListenerSettings{
			Name: "tcp", Versions: session.Level3 | session.Level4 | session.Level5,
		}})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("msg=ready")
	select {}
}

// TestLimitsOfHooksSurvive proves that the limit which a plugin gave a queue when its client connected holds in a later process, to which
// the client has not come.
func TestLimitsOfHooksSurvive(t *testing.T) {
	b := newBroker(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b.program, b.args, b.dir, b.env = self, nil, b.home, []string{hookedEnv + "=" + b.addr}
	b.start()
	s := b.connect(codec.V311, "s", persistent)
	s.subscribe(1, "a")
	s.leave()
	b.again()
	// A queue of an earlier process is counted when the first message comes, and some more may come until that is done.
	const sent = 200
	p := b.connect(codec.V311, "p")
	for i := range uint16(sent) {
		p.send(publish("a", fmt.Sprint(i+1), 1, i+1))
		p.want("taken", fmt.Sprintf("PUBACK id=%d code=0x00", i+1))
	}
	b.again()
	s = b.resume(codec.V311, "s")
	if n := s.takeAll("a", nil); n < 3 || n == sent {
		t.Errorf("%d of %d messages are in a queue for 3", n, sent)
	}
}
