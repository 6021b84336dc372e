package engine_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/hook"
)

// readOnly lets every client of MQTT 3 in, and publish to its own topics only.
type readOnly struct{}

func (readOnly) AuthOnRegister(context.Context, *hook.Register) (*hook.RegisterMods, error) {
	return nil, nil
}

func (readOnly) AuthOnPublish(_ context.Context, m *hook.Publish) (*hook.PublishMods, error) {
	if strings.HasPrefix(string(m.Topic), m.Client.ClientID+"/") {
		return nil, nil
	}
	return nil, &hook.Denial{Reason: "not your topic"}
}

func (readOnly) AuthOnSubscribe(context.Context, *hook.Subscribe) (*hook.SubscribeMods, error) {
	return nil, nil
}

// Example_plugin is a broker with a plugin of one's own.
func Example_plugin() {
	b, err := engine.New(engine.Options{
		Hooks: hook.New(hook.Plugin{Name: "read_only", Impl: readOnly{}}),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := b.Start(); err != nil {
		fmt.Println(err)
		return
	}
	defer b.Stop(context.Background())
	l, err := b.Listen(engine.ListenerOptions{Network: "tcp", Address: "127.0.0.1:0"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("listening:", l.Addr().(fmt.Stringer).String() != "")
	fmt.Println(hook.Implemented(readOnly{}))
	// Output:
	// listening: true
	// [auth_on_register auth_on_publish auth_on_subscribe]
}

// TestPluginPage proves that the example of docs/plugins.md is the one that is tested here.
func TestPluginPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "plugins.md"))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("example_plugin_test.go")
	if err != nil {
		t.Fatal(err)
	}
	code := string(source)
	code = code[strings.Index(code, "// readOnly lets"):strings.Index(code, "// Example_plugin is")]
	if !strings.Contains(string(page), strings.TrimSpace(code)) {
		t.Error("docs/plugins.md does not have the plugin of example_plugin_test.go word by word")
	}
}
