package web

import (
	"net/http"
	"slices"
	"strings"
)

func (s *Server) mountHealth(mux *http.ServeMux, g *guard) {
	mux.HandleFunc("/health", g.wrap(func(w http.ResponseWriter, _ *http.Request) {
		answerHealth(w, append(s.nodeReasons(), s.listenerReasons()...))
	}))
	mux.HandleFunc("/health/ping", g.wrap(func(w http.ResponseWriter, _ *http.Request) { answerHealth(w, nil) }))
	mux.HandleFunc("/health/listeners", g.wrap(func(w http.ResponseWriter, _ *http.Request) {
		if reasons := s.listenerReasons(); reasons != nil {
			writeJSON(w, http.StatusServiceUnavailable, struct {
				Status string `json:"status"`
				Reason string `json:"reason"`
			}{"DOWN", reasons[0]})
			return
		}
		answerHealth(w, nil)
	}))
	mux.HandleFunc("/health/listeners_full_cluster", g.wrap(func(w http.ResponseWriter, _ *http.Request) {
		answerHealth(w, append(s.clusterReasons(), s.listenerReasons()...))
	}))
}

// answerHealth says OK where there is no reason against it.
func answerHealth(w http.ResponseWriter, reasons []string) {
	if len(reasons) == 0 {
		writeJSON(w, http.StatusOK, struct {
			Status string `json:"status"`
		}{"OK"})
		return
	}
	writeJSON(w, http.StatusServiceUnavailable, struct {
		Status  string   `json:"status"`
		Reasons []string `json:"reasons"`
	}{"DOWN", reasons})
}

// nodeReasons are why this node should get no clients, apart from its listeners.
func (s *Server) nodeReasons() []string {
	if s.isStopping() {
		return []string{"The node is shutting down"}
	}
	all := s.members()
	self := slices.IndexFunc(all, func(m Member) bool { return m.Name == s.Broker.NodeName() })
	switch {
	case len(all) == 0:
		return []string{"Unknown cluster status"}
	case self < 0 || !all[self].Up:
		return []string{"Node has not joined cluster"}
	}
	return nil
}

// clusterReasons are why the cluster is not whole.
func (s *Server) clusterReasons() []string {
	if reasons := s.nodeReasons(); reasons != nil {
		return reasons
	}
	if slices.ContainsFunc(s.members(), func(m Member) bool { return !m.Up }) {
		return []string{"At least one cluster node is offline"}
	}
	return nil
}

// listenerReasons names the kinds of listeners that do not run. One that was deleted is none.
func (s *Server) listenerReasons() []string {
	var kinds []string
	for _, l := range s.Broker.Listeners() {
		if !l.Running && !slices.Contains(kinds, l.Type) {
			kinds = append(kinds, l.Type)
		}
	}
	if kinds == nil {
		return nil
	}
	return []string{"Listeners are not ready: " + strings.Join(kinds, ", ")}
}
