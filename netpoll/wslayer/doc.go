// Package wslayer is WebSocket (RFC 6455) as bytes in, bytes out: the upgrade and the frames of one connection, for a server
// and for a client. It opens nothing, has no goroutine, no lock and no timer; whoever owns the socket calls it.
//
// # The path of a byte
//
//	1 head.go      head.next: lines of the HTTP head, cut anywhere, each within its limit
//	2 upgrade.go   upgrade.field: what the request says, a line at a time, so that a head is never kept whole
//	3 answer.go    appendSwitch: 101, or why not
//	4 frame.go     parseHeader: two to fourteen bytes in front of each payload
//	5 receive.go   Layer.frames: binary payloads become one stream of bytes; a message boundary means nothing
//	6 mask.go      appendMasked: the one copy of a payload, unmasked on its way
//	7 deflate.go   inflater.message: permessage-deflate (RFC 7692), a whole message at a time
//	8 control.go   input.control: ping, pong, close
//	9 send.go      Layer.Output: one call, one frame
//
// client.go has the other side: the request, and what the server's answer must contain.
//
// # What a connection costs
//
// One Layer of 64 bytes once the upgrade is done. While a head is read there is an upgrade beside it, which holds the facts
// of the lines that came and the bytes of the one that has not ended. A frame header that is cut is kept in the Layer;
// a control frame that is cut takes 128 bytes until its end. The payload of a data frame is never kept, but for a compressed
// message, which has to be whole before it is inflated. Compression has no context takeover in either direction, so nobody
// keeps a window: the machines that inflate and deflate are shared by all connections.
package wslayer
