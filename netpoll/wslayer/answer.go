package wslayer

import (
	"fmt"
	"net/http"
)

// deflateAgreed is the extension as both sides state it. The server may demand client_no_context_takeover without having been
// offered it (RFC 7692, 7.1.1.2).
const deflateAgreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

// appendSwitch appends the answer that opens a connection.
func appendSwitch(wire, key []byte, protocol string, deflates bool) []byte {
	wire = append(wire, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	wire = acceptOf(wire, key)
	wire = append(append(wire, "\r\nSec-WebSocket-Protocol: "...), protocol...)
	if deflates {
		wire = append(wire, "\r\nSec-WebSocket-Extensions: "+deflateAgreed...)
	}
	return append(wire, "\r\n\r\n"...)
}

// appendRefusal appends an answer without a body, after which the connection is closed.
func appendRefusal(wire []byte, status int) []byte {
	wire = fmt.Appendf(wire, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	connection := "close"
	switch status {
	case http.StatusMethodNotAllowed:
		wire = append(wire, "Allow: GET\r\n"...)
	case http.StatusUpgradeRequired:
		// Upgrade has to be named in Connection (RFC 9110, 7.8).
		connection = "upgrade, close"
		wire = append(wire, "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"...)
	}
	return fmt.Appendf(wire, "Connection: %s\r\nContent-Length: 0\r\n\r\n", connection)
}
