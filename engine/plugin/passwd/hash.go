package passwd

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha512"
	"crypto/subtle"
	"fmt"

	"golang.org/x/crypto/argon2"
)

// Scheme is how a hash is made of a password.
type Scheme uint8

const (
	// SHA512 is one round of SHA-512 over password and salt, which is all that VerneMQ knows. It is fast, so a stolen file gives short
	// passwords away.
	SHA512 Scheme = iota
	// PBKDF2 is PBKDF2 with HMAC-SHA-512, as mosquitto 2 writes it.
	PBKDF2
	// Argon2id needs memory besides time, which makes guessing dearest.
	Argon2id
)

// schemeNames are what `vmq-passwd --hash` calls them.
var schemeNames = [...]string{SHA512: "sha512", PBKDF2: "pbkdf2", Argon2id: "argon2id"}

func (s Scheme) String() string { return schemeNames[s] }

// SchemeOf returns the scheme of that name.
func SchemeOf(name string) (Scheme, error) {
	for s, n := range schemeNames {
		if n == name {
			return Scheme(s), nil
		}
	}
	return 0, fmt.Errorf("hash %q: expected sha512, pbkdf2 or argon2id", name)
}

// Hash is what a line of the file knows of a password. It does not change; any goroutine may use it.
type Hash struct {
	scheme Scheme
	// lanes is the parallelism of Argon2id.
	lanes uint8
	// rounds is the number of iterations of PBKDF2, and of passes of Argon2id.
	rounds uint32
	// memory of Argon2id in KiB.
	memory uint32
	// salt, and behind it the sum: one object for each user.
	both []byte
	// split is the length of the salt.
	split int32
}

// sumSize is the length of sums of SHA-512 and PBKDF2.
const sumSize = sha512.Size

func (h *Hash) salt() []byte { return h.both[:h.split] }

func (h *Hash) sum() []byte { return h.both[h.split:] }

// Costly tells whether a verification takes so long that no event loop should wait for it.
func (h *Hash) Costly() bool { return h.scheme != SHA512 }

// Matches tells whether the password is the right one. It takes about 1 µs, or as long as the parameters of a costly hash say, and does not
// tell by its time how much of the password was right. It keeps nothing.
func (h *Hash) Matches(password []byte) bool {
	return subtle.ConstantTimeCompare(h.compute(password), h.sum()) == 1
}

// compute is the sum for the password.
func (h *Hash) compute(password []byte) []byte {
	switch h.scheme {
	case PBKDF2:
		sum, err := pbkdf2.Key(sha512.New, string(password), h.salt(), int(h.rounds), sumSize)
		if err != nil {
			return nil // the rules of FIPS 140 forbid what the file asks for; nothing matches then
		}
		return sum
	case Argon2id:
		return argon2.IDKey(password, h.salt(), h.rounds, h.memory, h.lanes, uint32(len(h.sum())))
	}
	// The password comes first, and the salt as bytes, not as the text in the file.
	d := sha512.New()
	d.Write(password)
	d.Write(h.salt())
	return d.Sum(nil)
}

const (
	// saltSize is what VerneMQ and mosquitto write.
	saltSize = 12
	// pbkdf2Rounds take some 150 ms of a core.
	pbkdf2Rounds = 210_000
	// Argon2id with 19 MiB and two passes takes some 40 ms of a core.
	argonMemory, argonPasses, argonLanes, argonSalt, argonSum = 19 * 1024, 2, 1, 16, 32
)

// NewHash makes the hash of a password, with a salt of its own.
func NewHash(s Scheme, password []byte) Hash {
	h := Hash{scheme: s}
	salt, sum := saltSize, sumSize
	switch s {
	case PBKDF2:
		h.rounds = pbkdf2Rounds
	case Argon2id:
		h.rounds, h.memory, h.lanes = argonPasses, argonMemory, argonLanes
		salt, sum = argonSalt, argonSum
	}
	h.split, h.both = int32(salt), make([]byte, salt+sum)
	rand.Read(h.salt())
	copy(h.sum(), h.compute(password))
	return h
}
