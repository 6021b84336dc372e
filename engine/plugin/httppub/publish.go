package httppub

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
)

const (
	// bodyMax bounds the body of a request in bytes, whatever max_message_size says, because it is in memory as a whole.
	bodyMax = 8 << 20
	// bodyTime is how long it may take to arrive.
	bodyTime = 15 * time.Second
	// patience is how long other plugins and the disk may take together. Whoever sends a request does not wait much longer either.
	patience = 30 * time.Second
)

// answer is a status with one sentence.
type answer struct {
	status int
	text   string
}

var (
	published      = answer{http.StatusOK, "Published"}
	badType        = answer{http.StatusUnsupportedMediaType, "The content type is application/json or application/octet-stream."}
	badBody        = answer{http.StatusBadRequest, "The body did not arrive."}
	unauthorized   = answer{http.StatusUnauthorized, "Not authenticated."}
	forbidden      = answer{http.StatusForbidden, "Not authorised to publish this."}
	tooLarge       = answer{http.StatusRequestEntityTooLarge, "The payload is too large."}
	uncertain      = answer{http.StatusServiceUnavailable, "It is not certain whether the message was published."}
	notPublished   = answer{http.StatusServiceUnavailable, "Not published, because nobody could say in time whether it may be."}
	shuttingDown   = answer{http.StatusServiceUnavailable, "Not published, because HTTP publish is being switched off."}
	errOtherClient = errors.New("the client id was changed, which is not possible for a message that comes over HTTP")
	errModQoS      = errors.New("a QoS above 2")
)

// wrong is the answer to a request with that mistake.
func wrong(err error) answer { return answer{http.StatusBadRequest, err.Error()} }

// Publish answers a request that came through the listener at.
func (p *Plugin) Publish(at *hook.Listener, w http.ResponseWriter, r *http.Request) {
	a := p.handle(at, w, r)
	p.count(a.status)
	h := w.Header()
	h.Set("Content-Type", "text/plain")
	h.Set("Cache-Control", "no-store")
	if a.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Authorization realm="VerneMQ"`)
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.text) // who is gone misses the answer, not the message
}

// handle reads the request, and publishes what it says if that may be.
func (p *Plugin) handle(at *hook.Listener, w http.ResponseWriter, r *http.Request) answer {
	switch kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind {
	case "application/json", "application/octet-stream":
	default:
		return badType
	}
	conn := http.NewResponseController(w) // whose error would be that there is no deadline to set
	_ = conn.SetReadDeadline(time.Now().Add(bodyTime))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMax))
	_ = conn.SetReadDeadline(time.Time{}) // otherwise it would end the request while that waits for its answer
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return tooLarge
	case err != nil:
		return badBody
	}
	in, err := parse(r.Header, r.URL.RawQuery, body)
	if err != nil {
		return wrong(err)
	}
	p.busy.RLock()
	defer p.busy.RUnlock()
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	defer context.AfterFunc(p.life, cancel)()
	if p.life.Err() != nil {
		return shuttingDown
	}
	return p.publish(ctx, at, r.RemoteAddr, in)
}

// publish goes through the checks in the order in which VerneMQ makes them: who it is, whether he may, and only then whether the message is
// in order.
func (p *Plugin) publish(ctx context.Context, at *hook.Listener, peer string, in *request) answer {
	set := p.options.Settings(at.Name)
	if set.Predefined {
		in.clientID, in.user, in.password = set.ClientID, set.User, set.Password
	}
	who := hook.Identity{SubscriberID: hook.SubscriberID{Mountpoint: set.Mountpoint, ClientID: in.clientID}, Listener: at}
	who.Peer, _ = netip.ParseAddrPort(peer)
	if in.user != nil {
		who.Username, who.HasUsername = *in.user, true
	}
	m, mistake := in.message()
	out := hook.Publish{Client: &who, Topic: []byte(in.topic), Payload: m.payload, QoS: m.qos, Retain: m.retain}
	mountpoint, limit := set.Mountpoint, set.MaxMessageSize
	if !set.Anonymous {
		if err := p.authenticate(ctx, &out, in, &limit); err != nil {
			return p.refuse(ctx, unauthorized, "auth_on_register", &who, err)
		}
		mountpoint = out.Client.Mountpoint
		if err := p.authorize(ctx, &out, &mountpoint); err != nil {
			return p.refuse(ctx, forbidden, "auth_on_publish", &who, err)
		}
	}
	switch {
	case limit > 0 && len(in.payload) > limit:
		return tooLarge
	case mistake != nil:
		return wrong(mistake)
	}
	out.Props = m.props
	err := p.options.Broker.Publish(ctx, mountpoint, &out)
	var broken *codec.Error
	switch {
	case errors.As(err, &broken):
		return answer{http.StatusBadRequest, "The message is not valid: " + broken.Why + "."}
	case err != nil:
		return uncertain
	}
	return published
}

// authenticate asks who it is. The mountpoint may be changed, and what hooks found out about the client; other changes would need a session.
func (p *Plugin) authenticate(ctx context.Context, out *hook.Publish, in *request, limit *int) error {
	ask := hook.Register{Client: out.Client, CleanStart: true}
	if in.password != nil {
		ask.Password, ask.HasPassword = hook.Secret(*in.password), true
	}
	mods, err := p.options.Broker.AskRegister(ctx, &ask)
	if err != nil || mods == nil {
		return err
	}
	who := *out.Client // the other one may have been kept
	if id := mods.SubscriberID; id != nil {
		if id.ClientID != who.ClientID {
			return &unusable{errOtherClient}
		}
		who.Mountpoint = id.Mountpoint
	}
	who.Claims, who.Expires = mods.Claims, mods.Expires
	out.Client, *limit = &who, max(mods.MaxMessageSize.Or(*limit), 0)
	return nil
}

// authorize asks whether the message may be published. Topic, QoS and mountpoint may be changed.
func (p *Plugin) authorize(ctx context.Context, out *hook.Publish, mountpoint *string) error {
	mods, err := p.options.Broker.AskPublish(ctx, out)
	if err != nil || mods == nil {
		return err
	}
	if mods.QoS.Or(0) > 2 {
		return &unusable{errModQoS}
	}
	if mods.Topic != nil {
		out.Topic = mods.Topic
	}
	out.QoS, *mountpoint = mods.QoS.Or(out.QoS), mods.Mountpoint.Or(*mountpoint)
	return nil
}

// unusable is the answer of a plugin that cannot be followed.
type unusable struct{ error }

// refuse answers with a, unless nobody has refused anything.
func (p *Plugin) refuse(ctx context.Context, a answer, name string, who *hook.Identity, err error) answer {
	if ctx.Err() != nil {
		return notPublished
	}
	if bad := (*unusable)(nil); errors.As(err, &bad) {
		p.options.Logger.Error("the answer of "+name+" cannot be followed, so that the request is refused", "client", who.ClientID, "reason", err)
	}
	return a
}
