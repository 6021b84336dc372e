package clients

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestBrowser lets mqtt.js in a headless Chromium connect over ws and wss, subscribe, and publish to itself. The page comes from
// another origin than the broker, as it does wherever MQTT is used from a browser.
func TestBrowser(t *testing.T) {
	urls := []string{"ws://" + net.JoinHostPort(brokerHost, brokerWSPort) + "/mqtt"}
	if brokerWSSPort != "" {
		urls = append(urls, "wss://"+net.JoinHostPort(brokerHost, brokerWSSPort)+"/mqtt")
	}
	for _, at := range urls {
		for version, protocol := range map[string]string{"3": "mqttv3.1", "5": "mqtt"} {
			scheme, _, _ := strings.Cut(at, ":")
			t.Run(scheme+"-"+version, func(t *testing.T) {
				got := browse(t, url.Values{"url": {at}, "version": {version}, "topic": {newTopic()}, "id": {newID()}})
				want := browserResult{Protocol: protocol, Received: 3}
				deflate := strings.HasPrefix(got.Extensions, "permessage-deflate")
				if got.Extensions = ""; got != want || !deflate {
					t.Errorf("the page reports %+v, compressed: %t; want %+v, compressed", got, deflate, want)
				}
			})
		}
	}
}

// browserResult is what testdata/browser.html reports.
type browserResult struct {
	Protocol   string `json:"protocol"`
	Extensions string `json:"extensions"`
	Received   int    `json:"received"`
	Error      string `json:"error"`
}

// browse opens the page in a Chromium of its own and waits for what it reports.
func browse(t *testing.T, query url.Values) browserResult {
	t.Helper()
	chromium, err := findChromium()
	if err != nil {
		t.Fatal(err)
	}
	results := make(chan browserResult, 1)
	pages := http.NewServeMux()
	pages.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join("testdata", "browser.html"))
	})
	pages.HandleFunc("GET /mqtt.min.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join("js", "node_modules", "mqtt", "dist", "mqtt.min.js"))
	})
	pages.HandleFunc("POST /result", func(_ http.ResponseWriter, r *http.Request) {
		var got browserResult
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			got.Error = err.Error()
		}
		select {
		case results <- got:
		default: // only the first counts
		}
	})
	server := httptest.NewServer(pages)
	defer server.Close()

	profile, err := os.MkdirTemp("", "vmq-chromium")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(profile)
	log := filepath.Join(profile, "log")
	out, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	// The sandbox does not work for root or in a container; the certificate of wss is our own.
	cmd := exec.Command(chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--ignore-certificate-errors", "--user-data-dir="+profile, server.URL+"/?"+query.Encode())
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // it has children, which end with it
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		cmd.Wait()
	}()
	select {
	case got := <-results:
		return got
	case <-time.After(2 * patience): // it starts slowly on a busy machine
		said, _ := os.ReadFile(log)
		t.Fatalf("the page reports nothing; Chromium says\n%s", said)
	}
	return browserResult{}
}

// findChromium is the program, under one of the names that it has.
func findChromium() (string, error) {
	var tried []string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		path, err := exec.LookPath(name)
		if err == nil {
			return path, nil
		}
		tried = append(tried, fmt.Sprint(err))
	}
	return "", missing("Chromium", "chromium", strings.Join(tried, "\n"))
}
