// Package proxy reads the header that a proxy sends in front of a client's bytes, PROXY protocol versions 1 and 2, and tells the
// connection who its client is.
//
//	header.go  a header from bytes, however few of them have come
//	text.go    version 1, a line of text
//	binary.go  version 2, and the client's certificate in it
//	layer.go   the layer of netpoll; it is gone from the connection once the header is read
package proxy
