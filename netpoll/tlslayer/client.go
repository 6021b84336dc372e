package tlslayer

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/vernemq/vmq/netpoll"
)

// ClientOptions are those of connections to one server. Names of fields follow the options of bridges and of vmqs.
type ClientOptions struct {
	// KeyPair is the certificate that is shown to a server that asks for one. Empty: none.
	KeyPair
	// CAFile and CAPath, a PEM file and a directory of such files, hold the authorities that the server's certificate is checked with.
	// Both empty: those of the system. The certificates there also complete the client's chain.
	CAFile, CAPath string
	// ServerName is what the client asks for and what must stand in the server's certificate: a name, or an address, which is checked
	// but not asked for.
	ServerName string
	// Insecure accepts any certificate of the server. Then anybody on the way can read and change what is sent.
	Insecure bool
	// Versions, Ciphers and Curves are as in Options, but that no Versions are tlsv1.2 and tlsv1.3.
	Versions []string
	Ciphers  string
	Curves   []string
	// HandshakeTimeout bounds the handshake, from the connection's being there on. 0: five seconds; negative: no limit.
	HandshakeTimeout time.Duration
	// Pool is shared with others; nil: one of its own.
	Pool *Pool
	// Logger gets what was left out; nil: slog.Default.
	Logger *slog.Logger
}

// Client is what TLS connections to one server share. It does not change; any goroutine may use it. Where files may have been renewed,
// make a new one: connections of the old one go on.
type Client struct {
	side   side
	config *tls.Config
}

// NewClient reads all files of o. The error names the file, or the option, and the reason.
func NewClient(o ClientOptions) (*Client, error) {
	if o.ServerName == "" && !o.Insecure {
		return nil, errors.New("server name is empty: a certificate cannot be checked without one")
	}
	if o.CertFile == "" && o.KeyFile != "" {
		return nil, fmt.Errorf("keyfile %s without certfile: a key is of use with its certificate only", o.KeyFile)
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	config, err := o.load()
	if err != nil {
		return nil, err
	}
	c := &Client{config: config}
	c.side = side{pool: o.Pool, timeout: handshakeTimeout(o.HandshakeTimeout), first: true,
		conn: func(s *shim) *tls.Conn { return tls.Client(s, c.config) }}
	if c.side.pool == nil {
		c.side.pool = NewPool(0)
	}
	return c, nil
}

// load makes a configuration of the options and files.
func (o *ClientOptions) load() (*tls.Config, error) {
	versionNames := o.Versions
	if len(versionNames) == 0 {
		versionNames = []string{"tlsv1.2", "tlsv1.3"}
	}
	c := &tls.Config{
		ServerName:                  o.ServerName,
		InsecureSkipVerify:          o.Insecure,
		DynamicRecordSizingDisabled: true, // as on the server's side
	}
	var err error
	if c.MinVersion, c.MaxVersion, err = versions(versionNames, o.Logger); err != nil {
		return nil, err
	}
	if c.CipherSuites, err = suites(o.Ciphers, o.Logger); err != nil {
		return nil, err
	}
	if c.CurvePreferences, err = curves(o.Curves, o.Logger); err != nil {
		return nil, err
	}
	authorities, err := loadAuthorities(o.CAFile, o.CAPath)
	if err != nil {
		return nil, err
	}
	if o.CAFile != "" || o.CAPath != "" {
		c.RootCAs = pool(authorities)
	}
	if o.CertFile != "" {
		cert, err := loadPair(o.KeyPair, authorities)
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{cert}
	}
	return c, nil
}

// Layer makes the client's layer of a connection that is dialled; its handshake begins at once.
func (c *Client) Layer(conn *netpoll.Conn) *Layer {
	return &Layer{side: &c.side, conn: conn}
}
