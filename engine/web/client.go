package web

import (
	"errors"
	"math"
	"net/http"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/session"
)

func (s *Server) mountClientAPI(mux *http.ServeMux, g *guard) {
	api := func(serve http.HandlerFunc) http.HandlerFunc {
		return apiMethods(g.wrap(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Method == http.MethodOptions:
				crossOrigin(w)
			case !accepts(r, "application/json"):
				w.WriteHeader(http.StatusNotAcceptable)
			default:
				serve(w, r)
			}
		}))
	}
	mux.HandleFunc("/api/v2/client", api(s.serveClient))
	mux.HandleFunc("/api/v2/disconnect", api(s.serveDisconnect))
	unknown := api(func(w http.ResponseWriter, _ *http.Request) {
		writeBody(w, http.StatusBadRequest, []byte("invalid_command"))
	})
	mux.HandleFunc("/api/v2/", unknown)
	mux.HandleFunc("/api/v2", unknown)
}

// serveClient tells whether a client is there, and with the item topics also what it has subscribed to. It looks up that one client, so
// that other systems can ask often.
func (s *Server) serveClient(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	detail := session.Detail{}
	values, wanted := q["topics"]
	wanted = wanted && values[0] == ""
	if wanted {
		detail.Subscriptions = math.MaxInt
	}
	info, err := s.Broker.Session(r.Context(), q.Get("mountpoint"), q.Get("client_id"), detail)
	answer := struct {
		Status string          `json:"status"`
		Topics map[string]byte `json:"topics,omitzero"`
	}{Status: "unknown"}
	switch {
	case errors.Is(err, engine.ErrNoSession):
	case err != nil:
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case info.Online():
		answer.Status = "online"
	default:
		answer.Status = "offline"
	}
	if wanted && err == nil {
		answer.Topics = make(map[string]byte, len(info.Subscriptions))
		for _, x := range info.Subscriptions {
			answer.Topics[x.Filter] = x.QoS
		}
	}
	writeJSON(w, http.StatusOK, answer)
}

// serveDisconnect ends a connection, and with the item cleanup the session too.
func (s *Server) serveDisconnect(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	err := s.Broker.DisconnectClient(r.Context(), q.Get("mountpoint"), q.Get("client_id"), q.Has("cleanup"), codec.AdministrativeAction)
	switch {
	case err == nil:
		writeJSON(w, http.StatusOK, "ok")
	case errors.Is(err, engine.ErrNoSession):
		writeJSON(w, http.StatusOK, "unknown")
	default:
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}
