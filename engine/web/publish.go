package web

import (
	"net/http"

	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/metric"
)

// publishModule is the one module that a plugin serves.
const publishModule = "vmq_http_pub"

// Publisher is the plugin that publishes messages which come over HTTP: httppub.Plugin. Its methods are for any goroutine.
type Publisher interface {
	// Publish answers a request that came through the listener at, and may be answered.
	Publish(at *hook.Listener, w http.ResponseWriter, r *http.Request)
	// Refused counts a request that showed no good API key.
	Refused()
	// Counts are the requests that published something, that were not understood, and that were refused.
	Counts() (published, wrong, refused uint64)
}

// publisher is the plugin if it runs, otherwise nil.
func (s *Server) publisher() Publisher {
	if s.Publisher == nil {
		return nil
	}
	return s.Publisher()
}

// mountPublish looks for the plugin at each request, because it may be switched on and off while the listener runs.
func (s *Server) mountPublish(mux *http.ServeMux, g *guard) {
	serve := func(w http.ResponseWriter, r *http.Request) {
		switch p := s.publisher(); {
		case p == nil:
			w.WriteHeader(http.StatusNotFound)
		case !g.permits(w, r):
			p.Refused()
		default:
			p.Publish(g.at, w, r)
		}
	}
	mux.HandleFunc("/restmqtt/api/v1/publish", methods("POST, PUT", serve))
}

// publishSeries are the counters of the plugin, while it runs.
func (s *Server) publishSeries() []metric.Series {
	p := s.publisher()
	if p == nil {
		return nil
	}
	published, wrong, refused := p.Counts()
	return []metric.Series{
		{Name: "http_pub_api_error", Help: "Requests to publish over HTTP that were answered with 400.", Value: wrong},
		{Name: "http_pub_auth_error", Help: "Requests to publish over HTTP that were answered with 401 or 403.", Value: refused},
		{Name: "http_pub_published", Help: "Messages published over HTTP.", Value: published},
	}
}
