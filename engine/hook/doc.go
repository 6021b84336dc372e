// Package hook is what plugins see of the broker: the points at which it asks them or tells them something, each a small interface.
// A plugin implements the ones it wants and nothing else; New finds out which.
//
// # Asking and telling
//
// Conditional hooks decide: auth_on_register, auth_on_publish, auth_on_subscribe, on_auth_m5, on_unsubscribe and on_deliver, the
// first three, on_unsubscribe and on_deliver with a twin for MQTT 5 clients. Plugins are asked in order until one answers:
//
//	nil error    accepted, with the changes (modifiers) in the result, which may be nil
//	ErrNext         this plugin does not know; the next one is asked
//	ErrWait         it would have to wait; see below
//	another      refused; a *Denial says with which reason code
//
// Event hooks tell all plugins in order that something happened, and ignore what they return, but for ErrWait.
//
// # Loops do not wait
//
// Every call is first made on an event loop, with the context Loop, where thousands of other clients wait for its return. A plugin that
// can answer from memory does so at once. One that has to ask a database or a web server returns ErrWait; it is then called again with
// copies of the arguments on a worker, with a context that ends with the client's connection. Meanwhile the client is not read
// from, and nobody else is delayed. The calls of one client are made one after the other, in the order in which things happened.
// Only calls about somebody who has no session, because his message comes over HTTP, are made on a worker at once.
//
//	func (p *plugin) AuthOnPublish(ctx context.Context, m *hook.Publish) (*hook.PublishMods, error) {
//		if answer, known := p.cache.get(m); known {
//			return nil, answer
//		}
//		if ctx == hook.Loop {
//			return nil, hook.ErrWait
//		}
//		return nil, p.askServer(ctx, m)
//	}
//
// # Arguments
//
// Arguments are shared and must not be changed. Their slices are valid during the call only; Clone makes copies to keep. A plugin that
// panics has refused, and the log says so; it takes nobody down.
package hook
