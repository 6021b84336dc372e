package web

import (
	"encoding/json"
	"net/http"
)

// writeJSON answers with v, whose fields stand in their order.
func writeJSON(w http.ResponseWriter, code int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	writeBody(w, code, body)
}

// writeBody answers with JSON text. What was true a second ago is of no use to those who ask here, so nobody may keep it.
func writeBody(w http.ResponseWriter, code int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = w.Write(body) // a client that is gone misses nothing
}
