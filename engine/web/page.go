package web

import (
	"embed"
	"io/fs"
	"net"
	"net/http"
	"strconv"
	"time"
)

//go:embed page
var pageFiles embed.FS

// contentPolicy lets the page load what comes from the listener itself, and nothing else, in no frame of another page.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// mountPage serves the page to everybody and its figures to who may see them, so that somebody with a key has a page to enter it.
func (s *Server) mountPage(mux *http.ServeMux, g *guard) {
	files, err := fs.Sub(pageFiles, "page")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	static := http.StripPrefix("/status/", http.FileServerFS(files))
	serve := methods("GET", func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		static.ServeHTTP(w, r)
	})
	mux.HandleFunc("/status/", serve)
	mux.HandleFunc("/status", func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = "/status/"
		serve(w, r)
	})
	watch := &queueWatch{broker: s.Broker}
	mux.HandleFunc("/status/live.json", methods("GET", g.wrap(func(w http.ResponseWriter, r *http.Request) {
		since, _ := strconv.ParseInt(r.URL.Query().Get("since"), 10, 64) // what is no number asks for everything
		writeJSON(w, http.StatusOK, s.live(since, watch.look(), g.mode == APIKey || local(r)))
	})))
	s.history.start()
}

// live is what the page shows.
type live struct {
	Node    string `json:"node"`
	Version string `json:"version"`
	Now     int64  `json:"now"`    // milliseconds of Unix time
	Uptime  int64  `json:"uptime"` // seconds
	// Why the node is not healthy; empty if it is.
	Unhealthy []string `json:"unhealthy"`
	// Disk is why nothing can be stored at the moment; empty if it can.
	Disk string `json:"disk"`

	Connections   uint64 `json:"connections"`
	Sessions      uint64 `json:"sessions"` // connected or not
	Subscriptions uint64 `json:"subscriptions"`
	Retained      uint64 `json:"retained"`
	Dropped       uint64 `json:"dropped"`
	Memory        uint64 `json:"memory"`
	Cores         int    `json:"cores"`

	// Interval is the time between two points in milliseconds, Length how many there are at most.
	Interval int64   `json:"interval"`
	Length   int     `json:"length"`
	Points   []point `json:"points"`

	// Private says that names of clients and details of problems are left out, because anybody on the network may be asking.
	Private  bool        `json:"private"`
	Waiting  int         `json:"waiting"` // messages in all queues; -1: not known yet
	Queues   []queueInfo `json:"queues"`
	Members  []Member    `json:"members"`
	Problems []Problem   `json:"problems"`

	Listeners []liveListener `json:"listeners"`
}

type liveListener struct {
	listenerStatus
	Name        string `json:"name"`
	Connections int    `json:"conns"`
}

// live returns the points after since, and everything else as it is now. With open it names clients.
func (s *Server) live(since int64, queues queueTable, open bool) live {
	figures := countersOf(s.Broker.Metrics())
	now := time.Now()
	x := live{
		Node: s.Broker.NodeName(), Version: s.Version, Now: now.UnixMilli(), Uptime: int64(now.Sub(s.began).Seconds()),
		Unhealthy:   append(append([]string{}, s.clusterReasons()...), s.listenerReasons()...),
		Connections: figures["total_active_connections"], Sessions: figures["queue_processes"],
		Subscriptions: figures["router_subscriptions"], Retained: figures["retain_messages"], Dropped: figures["message_drop"],
		Memory: figures["vm_memory_total"], Cores: len(s.Broker.Loops()),
		Interval: sampleEvery.Milliseconds(), Length: historyLength, Points: s.history.since(since),
		Private: !open, Waiting: queues.Messages, Queues: queues.Longest, Members: s.members(), Problems: s.Problems.Recent(),
		Listeners: []liveListener{},
	}
	if store := s.Broker.Store(); store != nil && store.Fault() != nil {
		x.Disk = store.Fault().Error()
	}
	if queues.At.IsZero() {
		x.Waiting, x.Queues = -1, []queueInfo{}
	}
	if !open {
		x.Queues = []queueInfo{}
		if x.Disk != "" {
			x.Disk = "writing fails" // the error has paths in it
		}
		for i := range x.Problems {
			x.Problems[i].Detail = ""
		}
	}
	for _, l := range s.Broker.Listeners() {
		x.Listeners = append(x.Listeners, liveListener{statusOfListener(l), l.Name, l.ActiveConnections})
	}
	return x
}

// local says whether the request comes from this machine, and from nobody behind a proxy on it.
func local(r *http.Request) bool {
	for _, header := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip"} {
		if r.Header.Get(header) != "" {
			return false
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	return err == nil && net.ParseIP(host).IsLoopback()
}
