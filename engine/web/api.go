package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

func (s *Server) mountAPI(mux *http.ServeMux, g *guard) {
	serve := apiMethods(func(w http.ResponseWriter, r *http.Request) { s.serveCommand(w, r, g) })
	mux.HandleFunc("/api/v1/", serve)
	mux.HandleFunc("/api/v1", serve) // otherwise it would be sent elsewhere
}

// apiMethods are what both APIs say about methods.
func apiMethods(next http.HandlerFunc) http.HandlerFunc { return methods("GET, OPTIONS, HEAD", next) }

// serveCommand runs a command of vmq-admin. That there is none is told before who may ask, as VerneMQ does; commands are no secret.
func (s *Server) serveCommand(w http.ResponseWriter, r *http.Request, g *guard) {
	args, err := commandOf(r.URL)
	if err != nil || s.Commands == nil || s.Commands.Check(args) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if !g.permits(w, r) {
		return
	}
	if r.Method == http.MethodOptions {
		crossOrigin(w)
		return
	}
	if !accepts(r, "application/json") {
		w.WriteHeader(http.StatusNotAcceptable)
		return
	}
	body, err := s.Commands.Run(r.Context(), args)
	switch {
	case err == nil:
		writeBody(w, http.StatusOK, body)
	case body == nil:
		w.WriteHeader(http.StatusBadRequest)
	default:
		writeBody(w, http.StatusInternalServerError, body)
	}
}

// crossOrigin answers a browser that asks whether a page of another origin may call.
func crossOrigin(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Access-Control-Max-Age", "1728000")
	h.Set("Access-Control-Allow-Methods", "HEAD, GET")
	h.Set("Access-Control-Allow-Headers", "content-type, authorization")
	h.Set("Access-Control-Allow-Origin", "*")
}

// plurals are first words that VerneMQ's API has beside those of vmq-admin.
var plurals = map[string]string{"sessions": "session", "listeners": "listener", "plugins": "plugin"}

// alone are the groups that mean their show command where nothing follows.
var alone = map[string]bool{"session": true, "listener": true, "plugin": true, "cluster": true}

// commandOf turns an address into the words of a command: its segments, then the items of its query in their order.
func commandOf(u *url.URL) ([]string, error) {
	var args []string
	for segment := range strings.SplitSeq(strings.TrimPrefix(u.EscapedPath(), "/api/v1"), "/") {
		word, err := url.PathUnescape(segment)
		if err != nil {
			return nil, err
		}
		if word != "" {
			args = append(args, word)
		}
	}
	if len(args) > 0 {
		if group := plurals[args[0]]; group != "" {
			args[0] = group
		}
		if len(args) == 1 && alone[args[0]] {
			args = append(args, "show")
		}
	}
	for item := range strings.SplitSeq(u.RawQuery, "&") {
		if item == "" {
			continue
		}
		key, value, hasValue := strings.Cut(item, "=")
		key, err := url.QueryUnescape(key)
		if err != nil {
			return nil, err
		}
		if value, err = url.QueryUnescape(value); err != nil {
			return nil, err
		}
		switch {
		case hasValue:
			key += "=" + value
		case !strings.HasPrefix(key, "-"):
			return nil, fmt.Errorf("query item %q: words of a command stand in the path", key)
		}
		args = append(args, key)
	}
	return args, nil
}
