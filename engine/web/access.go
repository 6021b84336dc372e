package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/vernemq/vmq/engine/hook"
)

// bounded refuses requests whose head is too long, before anything looks at them.
func bounded(line, value int, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const around = len("  HTTP/1.1") // method, path and these make the request line
		if len(r.Method)+len(r.RequestURI)+around > line {
			w.WriteHeader(http.StatusRequestURITooLong)
			return
		}
		for _, values := range r.Header {
			for _, v := range values {
				if len(v) > value {
					w.WriteHeader(http.StatusRequestHeaderFieldsTooLarge)
					return
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// guard lets requests through that may use a module.
type guard struct {
	keys  Keys
	scope string
	mode  AuthMode
	at    *hook.Listener // where the module is served
}

// permits says whether r may go on; otherwise it has been answered.
func (g *guard) permits(w http.ResponseWriter, r *http.Request) bool {
	if g.mode == NoAuth {
		return true
	}
	if key, found := apiKey(r); found && g.keys != nil && g.keys.Valid(key, g.scope) {
		return true
	}
	w.Header().Set("WWW-Authenticate", `Authorization realm="VerneMQ"`)
	w.WriteHeader(http.StatusUnauthorized)
	return false
}

// wrap puts the guard in front of a handler.
func (g *guard) wrap(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if g.permits(w, r) {
			next(w, r)
		}
	}
}

// apiKey is the key that a request shows: the user name of basic authentication or, without any Authorization header, x-api-key.
func apiKey(r *http.Request) (key string, found bool) {
	if r.Header.Get("Authorization") != "" {
		key, _, found = r.BasicAuth()
		return key, found && key != ""
	}
	key = r.Header.Get("X-Api-Key")
	return key, key != ""
}

// methods lets the methods of allow through, separated by commas, and tells which these are.
func methods(allow string, next http.HandlerFunc) http.HandlerFunc {
	permitted := strings.Split(allow, ", ")
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allow)
		for _, m := range permitted {
			if r.Method == m {
				next(w, r)
				return
			}
		}
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

// accepts says whether a client that sent Accept takes a type such as text/plain. Ranges count, preferences do not, because there is
// one form of each answer; a range with q=0 is one that the client refuses.
func accepts(r *http.Request, mime string) bool {
	values := r.Header.Values("Accept")
	if len(values) == 0 {
		return true
	}
	family, _, _ := strings.Cut(mime, "/")
	for _, value := range values {
		for one := range strings.SplitSeq(value, ",") {
			name, parameters, _ := strings.Cut(one, ";")
			switch strings.ToLower(strings.TrimSpace(name)) {
			case mime, family + "/*", "*/*":
				if !refused(parameters) {
					return true
				}
			}
		}
	}
	return false
}

// refused says whether the parameters of a range hold q=0, in any of the ways to write it.
func refused(parameters string) bool {
	for p := range strings.SplitSeq(parameters, ";") {
		if value, found := strings.CutPrefix(strings.ToLower(strings.TrimSpace(p)), "q="); found {
			q, err := strconv.ParseFloat(value, 64)
			return err == nil && q == 0
		}
	}
	return false
}
