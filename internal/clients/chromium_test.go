package clients

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// tab is a page in a Chromium of its own, driven through its debugging protocol.
type tab struct {
	t          *testing.T
	conn       net.Conn
	calls      int
	complaints []string // errors of scripts, and what the page's policy has blocked
}

// openTab starts Chromium with an empty page.
func openTab(t *testing.T) *tab {
	t.Helper()
	chromium, err := findChromium()
	if err != nil {
		t.Fatal(err)
	}
	profile, err := os.MkdirTemp("", "vmq-chromium")
	if err != nil {
		t.Fatal(err)
	}
	// The sandbox does not work for root or in a container.
	cmd := exec.Command(chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--remote-debugging-port=0", "--user-data-dir="+profile, "about:blank")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // it has children, which end with it
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		cmd.Wait()
		os.RemoveAll(profile)
	})
	b := &tab{t: t}
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience) // it starts slowly on a busy machine
	defer cancel()
	address := debuggingAddress(ctx, t, filepath.Join(profile, "DevToolsActivePort"))
	conn, _, _, err := ws.Dial(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	b.conn = conn
	for _, domain := range []string{"Runtime", "Log", "Page"} {
		b.call(domain+".enable", map[string]any{}, nil)
	}
	return b
}

// debuggingAddress waits until Chromium has written its port into a file, and asks there for its page.
func debuggingAddress(ctx context.Context, t *testing.T, file string) string {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		text, _ := os.ReadFile(file)
		if port, _, complete := strings.Cut(string(text), "\n"); complete {
			if page := findPage(t, "http://127.0.0.1:"+port+"/json/list"); page != "" {
				return page
			}
		}
		select {
		case <-ctx.Done():
			t.Fatal("Chromium has no page to be driven")
		case <-tick.C:
		}
	}
}

func findPage(t *testing.T, list string) string {
	t.Helper()
	resp, err := http.Get(list)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var pages []struct{ Type, WebSocketDebuggerURL string }
	if err := json.Unmarshal(body, &pages); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	for _, p := range pages {
		if p.Type == "page" {
			return p.WebSocketDebuggerURL
		}
	}
	return ""
}

// call runs a method of the protocol and reads its result into result, unless that is nil.
func (b *tab) call(method string, params map[string]any, result any) {
	b.t.Helper()
	b.calls++
	request, err := json.Marshal(map[string]any{"id": b.calls, "method": method, "params": params})
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.conn.SetDeadline(time.Now().Add(2 * patience)); err != nil {
		b.t.Fatal(err)
	}
	if err := wsutil.WriteClientText(b.conn, request); err != nil {
		b.t.Fatal(err)
	}
	for {
		text, err := wsutil.ReadServerText(b.conn)
		if err != nil {
			b.t.Fatalf("%s: %v", method, err)
		}
		var got struct {
			ID     int
			Method string
			Params json.RawMessage
			Result json.RawMessage
			Error  json.RawMessage
		}
		if err := json.Unmarshal(text, &got); err != nil {
			b.t.Fatal(err)
		}
		switch {
		case got.Method == "Runtime.exceptionThrown", got.Method == "Log.entryAdded":
			b.complaints = append(b.complaints, string(got.Params))
		case got.ID != b.calls:
		case got.Error != nil:
			b.t.Fatalf("%s: %s", method, got.Error)
		default:
			if result != nil {
				if err := json.Unmarshal(got.Result, result); err != nil {
					b.t.Fatal(err)
				}
			}
			return
		}
	}
}

func (b *tab) open(url string) {
	b.t.Helper()
	b.call("Page.navigate", map[string]any{"url": url}, nil)
}

// evaluate runs JavaScript in the page and returns its value as text.
func (b *tab) evaluate(script string) string {
	b.t.Helper()
	var got struct {
		Result           struct{ Value any }
		ExceptionDetails json.RawMessage
	}
	b.call("Runtime.evaluate", map[string]any{"expression": script, "awaitPromise": true, "returnByValue": true}, &got)
	if got.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", script, got.ExceptionDetails)
	}
	return fmt.Sprint(got.Result.Value)
}

// until waits for a condition in JavaScript to hold. why says what it means.
func (b *tab) until(why, condition string) {
	b.t.Helper()
	got := b.evaluate(fmt.Sprintf(`new Promise((done) => {
		const begin = Date.now();
		const look = () => {
			let is = false;
			try { is = (() => %s)(); } catch { /* the page is not there yet */ }
			if (is || Date.now() - begin > %d) done(Boolean(is)); else setTimeout(look, 50);
		};
		look();
	})`, condition, patience.Milliseconds()))
	if got != "true" {
		b.t.Errorf("%s: %s does not hold; the page says\n%s", why, condition, b.evaluate("document.body?.innerText"))
	}
}
