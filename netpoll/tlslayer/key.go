package tlslayer

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"hash"
	"strings"
)

// privateKey returns the first private key of a PEM text, decrypted if need be.
func privateKey(text []byte, password string) (crypto.Signer, error) {
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return nil, errors.New("no private key in PEM form")
		}
		if block.Type != "PRIVATE KEY" && !strings.HasSuffix(block.Type, " PRIVATE KEY") {
			continue
		}
		der, err := plainKey(block, password)
		if err != nil {
			return nil, err
		}
		return parseKey(der)
	}
}

// plainKey returns the contents of a block, decrypted if it is encrypted.
func plainKey(block *pem.Block, password string) ([]byte, error) {
	// OpenSSL before 1.0 wrote keys in a form whose encryption is weak. Files of that age are still in use.
	//lint:ignore SA1019 it is the format of the file, not our choice
	legacy := x509.IsEncryptedPEMBlock(block)
	switch {
	case !legacy && block.Type != "ENCRYPTED PRIVATE KEY":
		return block.Bytes, nil
	case password == "":
		return nil, errors.New("the key is encrypted and keypasswd is not set")
	case legacy:
		//lint:ignore SA1019 it is the format of the file, not our choice
		der, err := x509.DecryptPEMBlock(block, []byte(password))
		if err != nil {
			return nil, fmt.Errorf("keypasswd does not decrypt the key: %w", err)
		}
		return der, nil
	}
	return decryptPKCS8(block.Bytes, password)
}

// parseKey tries the three forms that a private key has.
func parseKey(der []byte) (crypto.Signer, error) {
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err == nil {
		if signer, ok := key.(crypto.Signer); ok {
			return signer, nil
		}
		return nil, fmt.Errorf("a private key of type %T cannot sign", key)
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key, nil
	}
	return nil, fmt.Errorf("private key: %w", err)
}

// An encrypted key of PKCS #8 (RFC 5958, section 3) by PBES2 (RFC 8018, section 6.2): what openssl writes today.
type encryptedKey struct {
	Algorithm pkix.AlgorithmIdentifier
	Data      []byte
}

type pbes2Params struct {
	KDF    pkix.AlgorithmIdentifier
	Cipher pkix.AlgorithmIdentifier
}

type pbkdf2Params struct {
	Salt       []byte
	Iterations int
	KeyLength  int                      `asn1:"optional"`
	PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
}

var (
	oidPBES2      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidHMACSHA1   = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 7}
	oidHMACSHA256 = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}
	oidHMACSHA384 = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 10}
	oidHMACSHA512 = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 11}
	oidAES128CBC  = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 2}
	oidAES192CBC  = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 22}
	oidAES256CBC  = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}
	oidDES3CBC    = asn1.ObjectIdentifier{1, 2, 840, 113549, 3, 7}
)

// iterationsMax bounds what a file can make us compute: ten seconds, a hundred times what openssl asks for and more.
const iterationsMax = 10_000_000

// decryptPKCS8 decrypts an EncryptedPrivateKeyInfo.
func decryptPKCS8(der []byte, password string) ([]byte, error) {
	var k encryptedKey
	var scheme pbes2Params
	var kdf pbkdf2Params
	var iv []byte
	if _, err := asn1.Unmarshal(der, &k); err != nil {
		return nil, fmt.Errorf("encrypted key: %w", err)
	}
	if !k.Algorithm.Algorithm.Equal(oidPBES2) {
		return nil, fmt.Errorf("encrypted key: scheme %v is not served, want PBES2", k.Algorithm.Algorithm)
	}
	if _, err := asn1.Unmarshal(k.Algorithm.Parameters.FullBytes, &scheme); err != nil {
		return nil, fmt.Errorf("encrypted key: %w", err)
	}
	if !scheme.KDF.Algorithm.Equal(oidPBKDF2) {
		return nil, fmt.Errorf("encrypted key: key derivation %v is not served, want PBKDF2", scheme.KDF.Algorithm)
	}
	if _, err := asn1.Unmarshal(scheme.KDF.Parameters.FullBytes, &kdf); err != nil {
		return nil, fmt.Errorf("encrypted key: %w", err)
	}
	if _, err := asn1.Unmarshal(scheme.Cipher.Parameters.FullBytes, &iv); err != nil {
		return nil, fmt.Errorf("encrypted key: %w", err)
	}
	if kdf.Iterations < 1 || kdf.Iterations > iterationsMax {
		return nil, fmt.Errorf("encrypted key: %d iterations, want 1 to %d", kdf.Iterations, iterationsMax)
	}
	newHash, err := prf(kdf.PRF.Algorithm)
	if err != nil {
		return nil, err
	}
	size, newCipher, err := blockCipher(scheme.Cipher.Algorithm)
	if err != nil {
		return nil, err
	}
	secret, err := pbkdf2.Key(newHash, password, kdf.Salt, kdf.Iterations, size)
	if err != nil {
		return nil, fmt.Errorf("encrypted key: %w", err)
	}
	block, err := newCipher(secret)
	if err != nil {
		return nil, fmt.Errorf("encrypted key: %w", err)
	}
	return decryptCBC(block, iv, k.Data)
}

// prf returns the hash of a pseudo-random function.
func prf(id asn1.ObjectIdentifier) (func() hash.Hash, error) {
	switch {
	case len(id) == 0 || id.Equal(oidHMACSHA1):
		return sha1.New, nil
	case id.Equal(oidHMACSHA256):
		return sha256.New, nil
	case id.Equal(oidHMACSHA384):
		return sha512.New384, nil
	case id.Equal(oidHMACSHA512):
		return sha512.New, nil
	}
	return nil, fmt.Errorf("encrypted key: pseudo-random function %v is not served", id)
}

// blockCipher returns the key size in bytes and the maker of a cipher.
func blockCipher(id asn1.ObjectIdentifier) (int, func([]byte) (cipher.Block, error), error) {
	switch {
	case id.Equal(oidAES128CBC):
		return 16, aes.NewCipher, nil
	case id.Equal(oidAES192CBC):
		return 24, aes.NewCipher, nil
	case id.Equal(oidAES256CBC):
		return 32, aes.NewCipher, nil
	case id.Equal(oidDES3CBC):
		return 24, des.NewTripleDESCipher, nil
	}
	return 0, nil, fmt.Errorf("encrypted key: cipher %v is not served", id)
}

var errWrongPassword = errors.New("keypasswd does not decrypt the key")

// decryptCBC decrypts data and takes the padding off.
func decryptCBC(block cipher.Block, iv, data []byte) ([]byte, error) {
	size := block.BlockSize()
	if len(iv) != size || len(data) == 0 || len(data)%size != 0 {
		return nil, fmt.Errorf("encrypted key: %d bytes with an initial vector of %d for blocks of %d", len(data), len(iv), size)
	}
	plain := make([]byte, len(data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, data)
	pad := int(plain[len(plain)-1])
	if pad == 0 || pad > size || pad > len(plain) {
		return nil, errWrongPassword
	}
	for _, b := range plain[len(plain)-pad:] {
		if int(b) != pad {
			return nil, errWrongPassword
		}
	}
	return plain[:len(plain)-pad], nil
}
