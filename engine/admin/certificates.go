package admin

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/vernemq/vmq/engine"
)

// defaultValidity is for how many seconds tls check wants certificates to be good: two days.
const defaultValidity = 172800

func (t *Commands) tlsCommands() []Command {
	return []Command{
		{
			Path: "tls show", Summary: "Show the certificates of listeners", Help: "Shows the certificate file of each TLS listener.",
			Do: showCertificates,
		},
		{
			Path: "tls check", Synopsis: "[--validity=<seconds>]", Summary: "Check when certificates expire",
			Help: "Shows the certificates that expire soon or are not valid yet, or says that all are fine.",
			Flags: []Flag{{Name: "validity", Short: 'v', Value: "<seconds>", Help: "How long certificates must be good. Default: 172800, two days.",
				Check: isNumber(0)}},
			Do: checkCertificates,
		},
		{
			Path: "tls clear-pem-cache", Summary: "Read certificates and keys again",
			Help: "Reads the files of all TLS listeners again, for handshakes from now on. Files that have changed are noticed\n" +
				"without it, too, a few seconds later. A listener whose files are wrong goes on with what it has.",
			Do: func(_ context.Context, in *Input) (Result, error) {
				if err := in.Broker.ReloadCertificates(); err != nil {
					return alert(capital(err.Error())), nil
				}
				return Result{}, nil
			},
		},
	}
}

// certificate is the first one of a file, or why there is none.
type certificate struct {
	file string
	*x509.Certificate
	err error
}

// certificates reads the files of the TLS listeners, each once.
func certificates(b *engine.Broker) (list []certificate) {
	var seen []string
	for _, l := range b.Listeners() {
		if l.TLS == nil {
			continue
		}
		files := []string{l.TLS.CertFile}
		for _, more := range l.TLS.More {
			files = append(files, more.CertFile)
		}
		for _, file := range files {
			if !slices.Contains(seen, file) {
				seen = append(seen, file)
				c, err := readCertificate(file)
				list = append(list, certificate{file, c, err})
			}
		}
	}
	return list
}

func readCertificate(file string) (*x509.Certificate, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	for {
		var block *pem.Block
		if block, b = pem.Decode(b); block == nil {
			return nil, errors.New("there is no certificate in this file")
		}
		if block.Type == "CERTIFICATE" {
			return x509.ParseCertificate(block.Bytes)
		}
	}
}

// withUnreadable adds an alert about each file that could not be read.
func withUnreadable(p Part, list []certificate) Result {
	r := Result{p}
	for _, c := range list {
		if c.err != nil {
			r = append(r, Alert(fmt.Sprintf("%s: %v", c.file, c.err)))
		}
	}
	return r
}

func showCertificates(_ context.Context, in *Input) (Result, error) {
	table := &Table{Columns: []string{"File", "Not_Before", "Not_After", "CN", "Issuer", "SAN"}}
	list := certificates(in.Broker)
	for _, c := range list {
		if c.err == nil {
			table.add(c.file, shown(c.NotBefore), shown(c.NotAfter), c.Subject.CommonName, c.Issuer.CommonName, alternativeNames(c.Certificate))
		}
	}
	return withUnreadable(table, list), nil
}

func shown(at time.Time) string { return at.UTC().Format(shownTime) }

func alternativeNames(c *x509.Certificate) string {
	names := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	return strings.Join(names, ",")
}

func checkCertificates(_ context.Context, in *Input) (Result, error) {
	validity := in.Int("validity", defaultValidity)
	table := &Table{Columns: []string{"File", "Not_Before", "Not_After", "SecExp", "SecToVal"}}
	now := time.Now()
	list := certificates(in.Broker)
	for _, c := range list {
		if c.err != nil {
			continue
		}
		expires, valid := int(c.NotAfter.Sub(now)/time.Second), int(c.NotBefore.Sub(now)/time.Second)
		if expires < validity || valid > 0 {
			table.add(c.file, shown(c.NotBefore), shown(c.NotAfter), expires, valid)
		}
	}
	if len(table.Rows) == 0 && !slices.ContainsFunc(list, func(c certificate) bool { return c.err != nil }) {
		return text("All fine"), nil
	}
	return withUnreadable(table, list), nil
}
