package web

import (
	"net/http"
	"net/http/pprof"
)

// mountProfiles serves what go tool pprof reads. Importing net/http/pprof also adds its routes to http.DefaultServeMux, which nothing
// here serves.
func (s *Server) mountProfiles(mux *http.ServeMux, g *guard) {
	for path, serve := range map[string]http.HandlerFunc{
		"/debug/pprof/": pprof.Index, "/debug/pprof/cmdline": pprof.Cmdline, "/debug/pprof/profile": pprof.Profile,
		"/debug/pprof/symbol": pprof.Symbol, "/debug/pprof/trace": pprof.Trace,
	} {
		mux.HandleFunc(path, g.wrap(serve))
	}
}
