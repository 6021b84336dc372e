package engine

import (
	"context"
	"hash/maphash"
	"math"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/trie"
)

// Publish publishes m in a mountpoint, for a part of the broker or a program around it that is no MQTT client. Nobody is asked whether it may. It
// returns when the message may be acknowledged: it has been routed, and where it went into a stored queue or is retained it is
// durable. Messages whose Client has the same id keep their order; no session of that client is touched.
//
// The error is a *codec.Error if m breaks the rules for messages of clients, which includes topics that begin with '$'; ErrStopped, or that
// of ctx, and then it is not certain whether m was published. m is not kept. Any goroutine but a loop's.
func (b *Broker) Publish(ctx context.Context, mountpoint string, m *hook.Publish) error {
	p := codec.Publish{Topic: m.Topic, Payload: m.Payload, QoS: m.QoS, Retain: m.Retain, PacketID: 1}
	if m.Props != nil {
		p.Props = *m.Props
	}
	if err := b.checkPublish(&p); err != nil {
		return err
	}
	pub := session.Publication{Topic: clone(p.Topic), Payload: clone(p.Payload), QoS: p.QoS, Retain: p.Retain}
	if !p.Props.Empty() {
		pub.Forward = p.Props.AppendForward(nil)
	}
	loop := b.loops[0]
	if m.Client != nil {
		loop = b.loops[lane(m.Client)%uint64(len(b.loops))]
	}
	done := make(chan struct{})
	mount := b.Mountpoint(mountpoint)
	loop.Post(taskFunc(func(loop *netpoll.Loop) {
		if p.Props.Has(codec.PropMessageExpiry) {
			pub.Deadline = loop.WallTime().UnixMilli() + 1000*int64(p.Props.MessageExpiry)
		}
		b.Local(loop).Submit(mount, &pub, func() { close(done) })
	}))
	return b.await(ctx, done)
}

// checkPublish looks at p as at a packet of an MQTT 5 client.
func (b *Broker) checkPublish(p *codec.Publish) error {
	if len(p.Topic) > math.MaxUint16 {
		return &codec.Error{Code: codec.TopicNameInvalid, Why: "topic of more than 65,535 bytes"}
	}
	if err := trie.CheckTopic(p.Topic, b.Settings().TopicMaxDepth); err != nil {
		return &codec.Error{Code: codec.TopicNameInvalid, Why: err.Error()}
	}
	if p.Topic[0] == '$' {
		return &codec.Error{Code: codec.TopicNameInvalid, Why: "topic that begins with '$'"}
	}
	return p.Check(codec.V5, codec.FromClient)
}

// AskRegister asks auth_on_register about a client of MQTT 3.1.1 that has no session, on a worker. Without a plugin that decides, it is
// refused. Whether anonymous clients are allowed is for the caller to know. in may be kept. Any goroutine but a loop's.
func (b *Broker) AskRegister(ctx context.Context, in *hook.Register) (*hook.RegisterMods, error) {
	h := b.hooks.Load()
	if h == nil {
		h = hook.New()
	}
	return askOnWorker(ctx, b, hook.AuthOnRegisterPoint, h.AuthOnRegister, in.Client, in, hook.AuthOnRegister.AuthOnRegister)
}

// AskPublish asks auth_on_publish about a message of such a client. A broker that was built without any plugins allows it, as it does for
// sessions. in may be kept. Any goroutine but a loop's.
func (b *Broker) AskPublish(ctx context.Context, in *hook.Publish) (*hook.PublishMods, error) {
	h := b.hooks.Load()
	if h == nil {
		return nil, nil
	}
	return askOnWorker(ctx, b, hook.AuthOnPublishPoint, h.AuthOnPublish, in.Client, in, hook.AuthOnPublish.AuthOnPublish)
}

// askOnWorker asks the chain of a hook among the other calls that may wait, so that there are never more of them than workers.
func askOnWorker[H, A, R any](ctx context.Context, b *Broker, point hook.Point, entries []hook.Entry[H], who *hook.Identity, in A,
	call func(H, context.Context, A) (R, error)) (R, error) {
	type answer struct {
		result R
		err    error
	}
	answered, asked := make(chan answer, 1), time.Now()
	b.workers.Add(lane(who), true, func() {
		result, _, err := hook.Ask(ctx, entries, in, call)
		b.HookTook(point, time.Since(asked))
		session.ReportPanic(b.options.Logger, err)
		answered <- answer{result, err}
	})
	select {
	case a := <-answered:
		return a.result, a.err
	case <-ctx.Done():
		var none R
		return none, ctx.Err()
	}
}

var laneSeed = maphash.MakeSeed()

// lane is a number for a client without a session, under which its messages and the calls about it keep their order. It is none of the
// serial numbers that clients with a session have.
func lane(who *hook.Identity) uint64 { return maphash.Comparable(laneSeed, who.SubscriberID) | 1<<63 }

// clone keeps what a caller may reuse.
func clone(b []byte) []byte { return append([]byte(nil), b...) }
