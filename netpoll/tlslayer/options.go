package tlslayer

import (
	"errors"
	"log/slog"
	"time"
)

// KeyPair names the files of one certificate.
type KeyPair struct {
	CertFile string // PEM: the certificate and, behind it, those that lead from it to the root
	KeyFile  string // PEM: its private key; empty: the key is in CertFile
	Password string // of an encrypted key
}

// Options are what a TLS listener is configured with. Names of fields follow the options of listener.ssl.
type Options struct {
	KeyPair
	// More are certificates for other names; a client that asks for a server name that is in one of them gets that one.
	More []KeyPair
	// CAFile and CAPath, a PEM file and a directory of such files, hold the authorities that clients' certificates are checked with.
	// Their certificates also complete the chain that is sent where CertFile does not hold all of it.
	CAFile, CAPath string
	// Depth is the most intermediate certificates that may stand between a client's certificate and a root.
	Depth int
	// RequireCertificate refuses clients without a valid certificate; RequestCertificate asks for one and refuses one that is not valid.
	RequireCertificate, RequestCertificate bool
	// CRLFile holds revocation lists in PEM or DER. A certificate whose issuer has no list there is not revoked.
	CRLFile string
	// CRLRefresh is how long revocation lists are used before ReloadIfChanged looks at CRLFile again. 0: it never does.
	CRLRefresh time.Duration
	// Versions are tlsv1.2 and tlsv1.3. Older ones are left out with a warning. Empty: tlsv1.2.
	Versions []string
	// Ciphers are OpenSSL's or IANA's names of cipher suites of TLS 1.2, separated by colons; those of TLS 1.3 cannot be chosen. Unknown
	// ones are left out with a warning. Empty: those that crypto/tls holds to be safe.
	Ciphers string
	// Curves are secp256r1, secp384r1, secp521r1 and x25519. Others are left out with a warning. Empty: all of crypto/tls, the hybrid
	// with ML-KEM included.
	Curves []string
	// PSK asks for pre-shared keys, which crypto/tls does not have: New refuses it.
	PSK bool
	// HandshakeTimeout bounds the handshake, from accept on. 0: five seconds; negative: no limit.
	HandshakeTimeout time.Duration
	// Pool is shared with other listeners; nil: one of its own.
	Pool *Pool
	// Logger gets what was left out; nil: slog.Default.
	Logger *slog.Logger
}

const defaultHandshakeTimeout = 5 * time.Second

// setDefaults fills in what o leaves open, and refuses what cannot be served.
func (o *Options) setDefaults() error {
	if o.PSK {
		return errors.New("psk_support = on: crypto/tls has no pre-shared keys, so this listener cannot be served")
	}
	if o.CertFile == "" {
		return errors.New("certfile is not set: a TLS listener needs a certificate")
	}
	if (o.RequireCertificate || o.RequestCertificate) && o.CAFile == "" && o.CAPath == "" {
		return errors.New("cafile is not set: clients' certificates cannot be checked without one")
	}
	if o.Pool == nil {
		o.Pool = NewPool(0)
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return nil
}

// handshakeTimeout is what an option of 0 or below 0 means; the result is 0 for no limit.
func handshakeTimeout(d time.Duration) time.Duration {
	switch {
	case d == 0:
		return defaultHandshakeTimeout
	case d < 0:
		return 0
	}
	return d
}
