package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/vernemq/vmq/engine/hook"
)

// module is a few paths behind one rule of access.
type module struct {
	name  string
	scope string // of the API keys that open it
	mode  AuthMode
	// mount adds its routes. The guard is the module's; what is for everybody goes around it.
	mount func(s *Server, mux *http.ServeMux, g *guard)
}

// modules are all that there are, under VerneMQ's names. vmq_pprof_http is ours and, because profiles tell what is in memory, served
// only where it is named. vmq_http_pub belongs to a plugin.
var modules = []module{
	{"vmq_metrics_http", "metrics", NoAuth, (*Server).mountMetrics},
	{"vmq_http_mgmt_api", "mgmt", APIKey, (*Server).mountAPI},
	{"vmq_status_http", "status", NoAuth, (*Server).mountStatus},
	{"vmq_health_http", "health", NoAuth, (*Server).mountHealth},
	{"vmq_http_v2_api", "api2", APIKey, (*Server).mountClientAPI},
	{"vmq_pprof_http", "mgmt", APIKey, (*Server).mountProfiles},
	{publishModule, "httppub", APIKey, (*Server).mountPublish},
}

// DefaultModules are those of http_modules where the configuration says nothing.
var DefaultModules = []string{"vmq_metrics_http", "vmq_http_mgmt_api", "vmq_status_http", "vmq_health_http", "vmq_http_v2_api"}

// otherNames are names under which manuals know a module.
var otherNames = map[string]string{"vmq_mgmt_http": "vmq_http_mgmt_api"}

// findModule returns the module of that name, or nil.
func findModule(name string) *module {
	if known := otherNames[name]; known != "" {
		name = known
	}
	i := slices.IndexFunc(modules, func(m module) bool { return m.name == name })
	if i < 0 {
		return nil
	}
	return &modules[i]
}

// handler serves the modules of a listener. A module that does not exist is logged and left out, because files name modules of plugins
// that are not part of this broker; a mode that does not exist is an error, because nobody knows whom it should let in.
func (s *Server) handler(o *ListenerOptions, log *slog.Logger) (http.Handler, error) {
	names := o.Modules
	if names == nil {
		names = DefaultModules
	}
	mux := http.NewServeMux()
	mounted := map[string]bool{}
	for _, name := range names {
		m := findModule(strings.TrimSpace(name))
		if m == nil {
			log.Warn("there is no such HTTP module, so it is not served", "module", name)
			continue
		}
		if mounted[m.name] {
			continue
		}
		mounted[m.name] = true
		if m.name == publishModule && s.publisher() == nil {
			log.Warn("the plugin of this HTTP module does not run, so its requests are answered with 404 until it does", "module", m.name)
		}
		g := &guard{keys: s.Keys, scope: m.scope, mode: m.mode, at: &hook.Listener{Name: o.Name, Address: o.Address, Type: o.kind()}}
		for _, as := range []string{m.name, name} {
			if mode, set := o.Auth[as]; set {
				g.mode = mode
			}
		}
		if g.mode != NoAuth && g.mode != APIKey {
			return nil, fmt.Errorf("http_module.%s.auth.mode is %q: expected %s or %s", name, g.mode, APIKey, NoAuth)
		}
		m.mount(s, mux, g)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	return bounded(o.MaxRequestLine, o.MaxHeaderValue, mux), nil
}
