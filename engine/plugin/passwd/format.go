package passwd

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The formats, by the number of parts between '$':
//
//	$6$SALT$SUM                               SHA512; any word may stand in place of the 6
//	$7$ITERATIONS$SALT$SUM                    PBKDF2
//	$argon2id$v=19$m=KIB,t=PASSES,p=LANES$SALT$SUM   Argon2id
//
// SALT and SUM are base64, without padding for Argon2id and with it otherwise.

var (
	errNoHash = errors.New("this is no hash: expected $6$SALT$HASH, $7$ITERATIONS$SALT$HASH or $argon2id$v=19$m=M,t=T,p=P$SALT$HASH")
	errSalt   = errors.New("the salt is not base64")
	errSum    = errors.New("the hash is not base64 of a fitting length")
)

const (
	argonName    = "argon2id"
	argonVersion = "v=19"

	// A hash that takes longer or needs more memory than these would be a way to stop the broker by logging in, not to protect a password.
	roundsMax      = 10_000_000
	argonPassesMax = 1000
	argonMemoryMax = 1 << 20 // KiB, so 1 GiB
	argonSumMax    = 1024
)

// ParseHash parses the text of a hash. The error says what is wrong, and repeats nothing of the text.
func ParseHash(text string) (Hash, error) {
	parts := strings.Split(text, "$")
	if parts[0] != "" {
		return Hash{}, errNoHash
	}
	switch {
	case len(parts) == 4:
		return parseSHA512(parts[2], parts[3])
	case len(parts) == 5 && parts[1] == "7":
		return parsePBKDF2(parts[2], parts[3], parts[4])
	case len(parts) == 6 && parts[1] == argonName:
		return parseArgon2id(parts[2], parts[3], parts[4], parts[5])
	}
	return Hash{}, errNoHash
}

// parseSHA512 accepts any sum: one that no password has is how some lock a user out.
func parseSHA512(salt, sum string) (Hash, error) {
	h, err := join(Hash{scheme: SHA512}, base64.StdEncoding, salt, sum)
	if err == errSum || err == nil && (len(h.sum()) != sumSize || base64.StdEncoding.EncodeToString(h.sum()) != sum) {
		h, err = join(Hash{scheme: SHA512}, base64.StdEncoding, salt, "")
	}
	return h, err
}

func parsePBKDF2(rounds, salt, sum string) (Hash, error) {
	n, err := number(rounds, roundsMax)
	if err != nil {
		return Hash{}, fmt.Errorf("iterations: %w", err)
	}
	h, err := join(Hash{scheme: PBKDF2, rounds: n}, base64.StdEncoding, salt, sum)
	if err == nil && len(h.sum()) != sumSize {
		err = errSum
	}
	return h, err
}

func parseArgon2id(version, cost, salt, sum string) (Hash, error) {
	h := Hash{scheme: Argon2id}
	if version != argonVersion {
		return h, errors.New("argon2id: expected " + argonVersion)
	}
	params := strings.Split(cost, ",")
	if len(params) != 3 {
		return h, errors.New("argon2id: expected m=KIB,t=PASSES,p=LANES")
	}
	var lanes uint32
	for i, p := range []struct {
		key  string
		max  uint32
		into *uint32
	}{{"m=", argonMemoryMax, &h.memory}, {"t=", argonPassesMax, &h.rounds}, {"p=", 255, &lanes}} {
		text, found := strings.CutPrefix(params[i], p.key)
		if !found {
			return h, errors.New("argon2id: expected m=KIB,t=PASSES,p=LANES")
		}
		n, err := number(text, p.max)
		if err != nil {
			return h, fmt.Errorf("argon2id: %s%w", p.key, err)
		}
		*p.into = n
	}
	h.lanes = uint8(lanes)
	h, err := join(h, base64.RawStdEncoding, salt, sum)
	if n := len(h.sum()); err == nil && (n < 4 || n > argonSumMax) {
		err = errSum
	}
	return h, err
}

// number parses an integer from 1 to limit.
func number(text string, limit uint32) (uint32, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n < 1 || n > uint64(limit) {
		return 0, fmt.Errorf("expected a number from 1 to %d", limit)
	}
	return uint32(n), nil
}

// join decodes salt and sum into h.
func join(h Hash, encoding *base64.Encoding, salt, sum string) (Hash, error) {
	encoding = encoding.Strict()
	both := make([]byte, 0, encoding.DecodedLen(len(salt))+encoding.DecodedLen(len(sum)))
	both, err := encoding.AppendDecode(both, []byte(salt))
	if err != nil {
		return h, errSalt
	}
	h.split = int32(len(both))
	h.both, err = encoding.AppendDecode(both, []byte(sum))
	if err != nil {
		h.both = h.both[:h.split]
		return h, errSum
	}
	return h, nil
}

// String is the text of the hash, as ParseHash reads it.
func (h *Hash) String() string {
	encoding, head := base64.StdEncoding, "$6$"
	switch h.scheme {
	case PBKDF2:
		head = fmt.Sprintf("$7$%d$", h.rounds)
	case Argon2id:
		encoding = base64.RawStdEncoding
		head = fmt.Sprintf("$%s$%s$m=%d,t=%d,p=%d$", argonName, argonVersion, h.memory, h.rounds, h.lanes)
	}
	return head + encoding.EncodeToString(h.salt()) + "$" + encoding.EncodeToString(h.sum())
}
