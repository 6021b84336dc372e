package tlslayer

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// chainMax bounds the chain that is sent, so that authorities that have signed each other make no endless one.
const chainMax = 8

// certificates parses all certificates of a PEM text.
func certificates(text []byte) ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return all, nil
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", len(all)+1, err)
		}
		all = append(all, cert)
	}
}

// loadAuthorities reads the certificates of a file and of all files of a directory, either of which may be absent.
func loadAuthorities(file, dir string) ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	if file != "" {
		certs, err := readCertificates("cafile", file)
		if err != nil {
			return nil, err
		}
		if len(certs) == 0 {
			return nil, fileError("cafile", file, errors.New("no certificate in PEM form"))
		}
		all = certs
	}
	if dir == "" {
		return all, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fileError("capath", dir, reason(err))
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		// A directory of OpenSSL also holds links to its own files and revocation lists: those without certificates add none.
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			continue
		}
		certs, err := readCertificates("capath", path)
		if err != nil {
			return nil, err
		}
		all = append(all, certs...)
	}
	return all, nil
}

func readCertificates(option, path string) ([]*x509.Certificate, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fileError(option, path, reason(err))
	}
	certs, err := certificates(text)
	if err != nil {
		return nil, fileError(option, path, err)
	}
	return certs, nil
}

// reason is err without the path, which fileError names.
func reason(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}

func pool(certs []*x509.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	for _, c := range certs {
		p.AddCert(c)
	}
	return p
}

// loadPair reads a certificate with its key and completes its chain.
func loadPair(p KeyPair, authorities []*x509.Certificate) (tls.Certificate, error) {
	chain, err := readCertificates("certfile", p.CertFile)
	if err != nil {
		return tls.Certificate{}, err
	}
	if len(chain) == 0 {
		return tls.Certificate{}, fileError("certfile", p.CertFile, errors.New("no certificate in PEM form"))
	}
	path := p.KeyFile
	if path == "" {
		path = p.CertFile
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return tls.Certificate{}, fileError("keyfile", path, reason(err))
	}
	key, err := privateKey(text, p.Password)
	if err != nil {
		return tls.Certificate{}, fileError("keyfile", path, err)
	}
	if !matches(chain[0], key) {
		return tls.Certificate{}, fileError("keyfile", path, fmt.Errorf("not the key of the certificate in %s", p.CertFile))
	}
	cert := tls.Certificate{PrivateKey: key, Leaf: chain[0]}
	for _, c := range complete(chain, authorities) {
		cert.Certificate = append(cert.Certificate, c.Raw)
	}
	return cert, nil
}

// matches reports whether key belongs to cert.
func matches(cert *x509.Certificate, key crypto.Signer) bool {
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(cert.PublicKey)
}

// complete adds to chain those authorities that lead to a root, without the root itself, which clients have or do not trust.
// OpenSSL and Erlang do so too; crypto/tls sends what it is given.
func complete(chain, authorities []*x509.Certificate) []*x509.Certificate {
	for len(chain) < chainMax {
		last := chain[len(chain)-1]
		issuer := issuerOf(last, authorities)
		if issuer == nil || selfSigned(last) || selfSigned(issuer) {
			break
		}
		chain = append(chain, issuer)
	}
	return chain
}

// issuerOf returns the certificate that has signed c, nil if it is not among certs.
func issuerOf(c *x509.Certificate, certs []*x509.Certificate) *x509.Certificate {
	for _, issuer := range certs {
		if bytes.Equal(issuer.RawSubject, c.RawIssuer) && c.CheckSignatureFrom(issuer) == nil {
			return issuer
		}
	}
	return nil
}

func selfSigned(c *x509.Certificate) bool { return bytes.Equal(c.RawSubject, c.RawIssuer) }
