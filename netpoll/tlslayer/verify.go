package tlslayer

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
)

// verifier checks what crypto/tls does not check of a client's certificate. It never changes.
type verifier struct {
	depth   int
	revoked []*revocations
}

// revocations are what one list revokes.
type revocations struct {
	list    *x509.RevocationList
	serials map[string]bool // of revoked certificates, as big-endian bytes
}

// verify accepts a connection if one of the chains that crypto/tls has verified is short enough and nothing on it is revoked. It is
// called for resumed sessions too, whose client may have lost its rights meanwhile.
func (v *verifier) verify(state tls.ConnectionState) error {
	if len(state.PeerCertificates) == 0 {
		return nil // crypto/tls has seen to it if one is required
	}
	err := errors.New("client certificate: no verified chain")
	for _, chain := range state.VerifiedChains {
		if err = v.chain(chain); err == nil {
			return nil
		}
	}
	return err
}

func (v *verifier) chain(chain []*x509.Certificate) error {
	leaf := chain[0]
	if len(chain) < 2 {
		return fmt.Errorf("client certificate %q is its own authority", leaf.Subject)
	}
	if between := len(chain) - 2; between > v.depth {
		return fmt.Errorf("client certificate %q: %d intermediate certificates, depth allows %d", leaf.Subject, between, v.depth)
	}
	for i, cert := range chain[:len(chain)-1] {
		if v.isRevoked(cert, chain[i+1]) {
			return fmt.Errorf("client certificate %q: %q, serial number %x, is revoked", leaf.Subject, cert.Subject, cert.SerialNumber)
		}
	}
	return nil
}

// isRevoked reports whether a list of cert's issuer holds it. A list that the issuer has not signed is not its list.
func (v *verifier) isRevoked(cert, issuer *x509.Certificate) bool {
	for _, r := range v.revoked {
		if r.serials[string(cert.SerialNumber.Bytes())] && bytes.Equal(r.list.RawIssuer, cert.RawIssuer) &&
			r.list.CheckSignatureFrom(issuer) == nil {
			return true
		}
	}
	return false
}

// loadCRLs reads revocation lists, in PEM or one in DER. A list of one of the authorities must bear its signature.
func loadCRLs(path string, authorities []*x509.Certificate) ([]*revocations, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fileError("crlfile", path, reason(err))
	}
	var lists [][]byte
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type == "X509 CRL" {
			lists = append(lists, block.Bytes)
		}
	}
	if len(lists) == 0 {
		lists = [][]byte{text}
	}
	var all []*revocations
	for i, der := range lists {
		list, err := x509.ParseRevocationList(der)
		if err != nil {
			return nil, fileError("crlfile", path, fmt.Errorf("revocation list %d: %w", i+1, err))
		}
		if err := signedByOne(list, authorities); err != nil {
			return nil, fileError("crlfile", path, fmt.Errorf("revocation list %d, of %q: %w", i+1, list.Issuer, err))
		}
		r := &revocations{list: list, serials: make(map[string]bool, len(list.RevokedCertificateEntries))}
		for _, e := range list.RevokedCertificateEntries {
			r.serials[string(e.SerialNumber.Bytes())] = true
		}
		all = append(all, r)
	}
	return all, nil
}

// signedByOne returns an error if authorities of the list's name are known and none of them has signed it.
func signedByOne(list *x509.RevocationList, authorities []*x509.Certificate) (err error) {
	for _, a := range authorities {
		if bytes.Equal(a.RawSubject, list.RawIssuer) {
			if err = list.CheckSignatureFrom(a); err == nil {
				return nil
			}
		}
	}
	return err
}
