package passwd

import (
	"strings"
	"testing"
)

// vectors are lines of files that other programs wrote.
var vectors = []struct{ who, line, user, password string }{
	{"VerneMQ", "bob:$6$AAECAwQFBgcICQoL$JqsxEv/ucyxjA5DKsQ+Y8CDWaQDNQI9FpAkmfwAqWfwZLk/JEGgM0EpylrJHAZKKyFQjJeZ3nFaHjPzOzPPmPw==", "bob", "secret"},
	{"VerneMQ", "bob:$6$AAECAwQFBgcICQoL$wplTUQMCvjYOcNVz52g679o+SOgAOcS+MuIp6/qfFlpqYzg5aH8MTVs0muB+GYf0vnYBi1UiQ6kwsq7M8rGYYQ==", "bob", "pässwörd"},
	{"VerneMQ", "al:$6$//79/Pv6+fj39vX0$uLy2gsR7X95gCzHdT0FYLdzhPS4c2mplL+6fIWHYWiVCTfZYmRcBzeiMAc95/bK6W3j4M1LVmNu9JblgQLKd0Q==", "al", "changeme"},
	{"mosquitto 2.0", "mo:$7$101$z6UBPYYUbwc2ilFT$b2O0biaIKpZlGAZz8Txnw0BVan9Hs7y7do4snVpOEjM/Dk7WgdVNTrF2XzsU99wkG+5X+qlnkGgNukagLEL5Mg==", "mo", "pässwörd"},
	{"the reference implementation of Argon2", "a b:$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "a b", "password"},
}

func TestVectors(t *testing.T) {
	for _, v := range vectors {
		user, h, err := ParseLine(v.line)
		if err != nil || user != v.user {
			t.Errorf("%s: user %q, error %v", v.line, user, err)
			continue
		}
		if !h.Matches([]byte(v.password)) {
			t.Errorf("%s wrote %s, and %q does not match it", v.who, v.line, v.password)
		}
		for i, wrong := range []string{v.password + "x", "", strings.ToUpper(v.password)} {
			if h.Costly() && i > 0 {
				break
			}
			if h.Matches([]byte(wrong)) {
				t.Errorf("%q matches %s", wrong, v.line)
			}
		}
		if got := user + ":" + h.String(); got != v.line {
			t.Errorf("%s is written as %s", v.line, got)
		}
	}
}

// TestNewHash proves that each scheme makes hashes that are read back, and another one each time.
func TestNewHash(t *testing.T) {
	for s := range Scheme(len(schemeNames)) {
		if back, err := SchemeOf(s.String()); err != nil || back != s {
			t.Errorf("%s is the name of %v, %v", s, back, err)
		}
		a := NewHash(s, []byte("x"))
		if b := NewHash(s, []byte("x")); a.String() == b.String() {
			t.Errorf("%s: twice the same hash %s", s, a.String())
		}
		read, err := ParseHash(a.String())
		if err != nil || !read.Matches([]byte("x")) {
			t.Errorf("%s: %s is read with error %v", s, a.String(), err)
		}
		if read.Costly() != (s != SHA512) {
			t.Errorf("%s is costly: %t", s, read.Costly())
		}
	}
	if _, err := SchemeOf("md5"); err == nil {
		t.Error("there is a scheme md5")
	}
}

const (
	goodSum  = "JqsxEv/ucyxjA5DKsQ+Y8CDWaQDNQI9FpAkmfwAqWfwZLk/JEGgM0EpylrJHAZKKyFQjJeZ3nFaHjPzOzPPmPw=="
	goodSalt = "AAECAwQFBgcICQoL"
)

// TestLines is about what a line may look like.
func TestLines(t *testing.T) {
	for _, x := range []struct {
		line string
		good bool
	}{
		{"u:$6$" + goodSalt + "$" + goodSum, true},
		{"u:$5$" + goodSalt + "$" + goodSum, true},
		{"u:$x$" + goodSalt + "$" + goodSum, true},
		{"u:$$" + goodSalt + "$" + goodSum, true},
		{":$6$" + goodSalt + "$" + goodSum, true},
		{" u :$6$" + goodSalt + "$" + goodSum, true},
		{"u:$6$$" + goodSum, true},
		{"u:$6$" + goodSalt + "$", true}, // locked: nothing matches
		{"u:$6$" + goodSalt + "$!", true},
		{"u:$6$!$" + goodSum, false},
		{"u:$6$" + goodSum, false},
		{"u:6$" + goodSalt + "$" + goodSum, false},
		{"u:x$6$" + goodSalt + "$" + goodSum, false},
		{"u:$6$" + goodSalt + "$" + goodSum + "$", false},
		{"u$6$" + goodSalt + "$" + goodSum, false},
		{"u:v:$6$" + goodSalt + "$" + goodSum, false},
		{"# a comment", false},
		{"  ", false},
		{"u:secret", false},
		{"u:$7$101$" + goodSalt + "$" + goodSum, true},
		{"u:$7$0$" + goodSalt + "$" + goodSum, false},
		{"u:$7$10000001$" + goodSalt + "$" + goodSum, false},
		{"u:$7$x$" + goodSalt + "$" + goodSum, false},
		{"u:$7$101$" + goodSalt + "$" + goodSalt, false},
		{"u:$8$101$" + goodSalt + "$" + goodSum, false},
		{"u:$argon2id$v=19$m=64,t=1,p=1$c29tc2FsdA$CTFhFdXP", true},
		{"u:$argon2id$v=16$m=64,t=1,p=1$c29tc2FsdA$CTFhFdXP", false},
		{"u:$argon2id$v=19$m=64,t=1$c29tc2FsdA$CTFhFdXP", false},
		{"u:$argon2id$v=19$t=1,m=64,p=1$c29tc2FsdA$CTFhFdXP", false},
		{"u:$argon2id$v=19$m=64,t=1,p=256$c29tc2FsdA$CTFhFdXP", false},
		{"u:$argon2id$v=19$m=2000000,t=1,p=1$c29tc2FsdA$CTFhFdXP", false},
		{"u:$argon2id$v=19$m=64,t=1,p=1$c29tc2FsdA$CTFh", false},
		{"u:$argon2i$v=19$m=64,t=1,p=1$c29tc2FsdA$CTFhFdXP", false},
	} {
		_, h, err := ParseLine(x.line)
		if (err == nil) != x.good {
			t.Errorf("%q: error %v, want it to be good: %t", x.line, err, x.good)
		}
		if err == nil && h.scheme == SHA512 && len(h.sum()) == 0 && h.Matches(nil) {
			t.Errorf("%q: the empty password matches", x.line)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error repeats it: %v", x.line, err)
		}
	}
}

// FuzzLine proves that no line panics, that what is accepted survives being written, and that errors repeat nothing of the line.
func FuzzLine(f *testing.F) {
	for _, v := range vectors {
		f.Add(v.line)
	}
	for _, line := range []string{"u:$6$$", "u:v", "u:$argon2id$v=19$m=64,t=1,p=1$c29tc2FsdA$CTFhFdXP", "u:$7$1$$"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		user, h, err := ParseLine(line)
		if err != nil {
			return
		}
		again, same, err := ParseLine(user + ":" + h.String())
		if err != nil || again != user || same.String() != h.String() {
			t.Fatalf("%q is written as %q, and read with error %v", line, h.String(), err)
		}
		if !h.Costly() && len(h.sum()) != sumSize && h.Matches([]byte("x")) {
			t.Fatalf("%q is locked, and a password matches", line)
		}
	})
}
