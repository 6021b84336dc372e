package tlslayer

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// versions turns tls_version into the range that crypto/tls knows.
func versions(names []string, log *slog.Logger) (low, high uint16, err error) {
	if len(names) == 0 {
		return tls.VersionTLS12, tls.VersionTLS12, nil
	}
	for _, name := range names {
		var v uint16
		switch name = strings.TrimSpace(name); name {
		case "tlsv1.2":
			v = tls.VersionTLS12
		case "tlsv1.3":
			v = tls.VersionTLS13
		case "tlsv1", "tlsv1.1":
			log.Warn("TLS version is not served, because it is not safe", "tls_version", name)
			continue
		default:
			return 0, 0, fmt.Errorf("tls_version %q: want tlsv1.2 or tlsv1.3", name)
		}
		if low == 0 || v < low {
			low = v
		}
		high = max(high, v)
	}
	if low == 0 {
		return 0, 0, fmt.Errorf("tls_version %s: none of them is served, want tlsv1.2 or tlsv1.3", strings.Join(names, ","))
	}
	return low, high, nil
}

// opensslNames are OpenSSL's names of the suites of crypto/tls for TLS 1.2.
var opensslNames = map[string]uint16{
	"ECDHE-ECDSA-AES128-GCM-SHA256": tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	"ECDHE-ECDSA-AES256-GCM-SHA384": tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	"ECDHE-ECDSA-CHACHA20-POLY1305": tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	"ECDHE-ECDSA-AES128-SHA256":     tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
	"ECDHE-ECDSA-AES128-SHA":        tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
	"ECDHE-ECDSA-AES256-SHA":        tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
	"ECDHE-RSA-AES128-GCM-SHA256":   tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	"ECDHE-RSA-AES256-GCM-SHA384":   tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	"ECDHE-RSA-CHACHA20-POLY1305":   tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	"ECDHE-RSA-AES128-SHA256":       tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
	"ECDHE-RSA-AES128-SHA":          tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
	"ECDHE-RSA-AES256-SHA":          tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
	"ECDHE-RSA-DES-CBC3-SHA":        tls.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA,
	"AES128-GCM-SHA256":             tls.TLS_RSA_WITH_AES_128_GCM_SHA256,
	"AES256-GCM-SHA384":             tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
	"AES128-SHA256":                 tls.TLS_RSA_WITH_AES_128_CBC_SHA256,
	"AES128-SHA":                    tls.TLS_RSA_WITH_AES_128_CBC_SHA,
	"AES256-SHA":                    tls.TLS_RSA_WITH_AES_256_CBC_SHA,
	"DES-CBC3-SHA":                  tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA,
}

// suites turns a list of names into suites; nil for the default ones.
func suites(list string, log *slog.Logger) ([]uint16, error) {
	if strings.TrimSpace(list) == "" {
		return nil, nil
	}
	var ids []uint16
	var unknown []string
	for name := range strings.SplitSeq(list, ":") {
		name = strings.TrimSpace(name)
		if id, ok := suite(name); ok {
			ids = append(ids, id)
		} else if name != "" {
			unknown = append(unknown, name)
		}
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("ciphers %q: none of them is known", list)
	}
	if len(unknown) > 0 {
		log.Warn("cipher suites are not known and left out", "ciphers", strings.Join(unknown, ":"))
	}
	return ids, nil
}

// suite finds a suite by the name that OpenSSL or the standard gives it.
func suite(name string) (id uint16, ok bool) {
	if id, ok = opensslNames[strings.ToUpper(name)]; ok {
		return id, true
	}
	for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		if strings.EqualFold(s.Name, name) {
			return s.ID, true
		}
	}
	return 0, false
}

var curveNames = map[string]tls.CurveID{
	"secp256r1": tls.CurveP256, "prime256v1": tls.CurveP256,
	"secp384r1": tls.CurveP384,
	"secp521r1": tls.CurveP521,
	"x25519":    tls.X25519,
}

// curves turns names into curves; nil for the default ones.
func curves(names []string, log *slog.Logger) ([]tls.CurveID, error) {
	if len(names) == 0 {
		return nil, nil
	}
	var ids []tls.CurveID
	for _, name := range names {
		if id, ok := curveNames[strings.ToLower(strings.TrimSpace(name))]; ok {
			ids = append(ids, id)
		} else {
			log.Warn("curve is not served and left out", "eccs", name)
		}
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("eccs [%s]: none of them is served, want secp256r1, secp384r1, secp521r1 or x25519", strings.Join(names, ", "))
	}
	return ids, nil
}
