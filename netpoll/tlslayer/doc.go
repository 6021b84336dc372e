// Package tlslayer is TLS as a layer of netpoll, by crypto/tls, for servers and for clients.
//
//	                loop                                   worker
//	accept ──▶ LayerOpening: bytes are collected
//	           until the ClientHello is whole ──start──▶ crypto/tls handshake, for at most Pool's number at once
//	           LayerBusy: bytes are handed on ─────────▶ reads them; parked between flights it holds no worker
//	           what it wrote goes to the peer ◀──pull──
//	           LayerOpen ◀────────────────────────done── its goroutine ends
//	records:   tls.Conn.Read and Write on the loop
//
// A client's handshake begins as soon as the connection is there; all else is the same.
//
// crypto/tls wants a connection to read from. It gets a shim whose Read, once the handshake is done, returns an error that calls
// itself temporary when the bytes at hand are used up. tls.Conn does not keep such an error: the next Read goes on where this one
// stopped, in the midst of a record if need be.
//
// Files:
//
//	layer.go      the Layer, from its first byte to its farewell
//	shim.go       the connection that crypto/tls sees
//	pool.go       who may compute, and how many handshakes may be under way
//	hello.go      whether a ClientHello is whole
//	options.go    what a listener is configured with
//	server.go     the configuration in force, and its reloading
//	client.go     the same for connections that are dialled
//	identity.go   certificate, key and chain from files
//	key.go        keys that are encrypted with a password
//	verify.go     clients' certificates: depth and revocation
//	suites.go     names of versions, cipher suites and curves
package tlslayer
