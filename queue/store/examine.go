package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/bits"
	"path/filepath"
	"strings"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// examine looks at a directory before the database does, and reports whether a store is in it. The database is too trusting for what cannot
// be replaced: it takes a directory without its markers for a new one, a MANIFEST in which something is wrong for one that ends there,
// and a log likewise unless the damage is blocks away from its end. Then it removes the tables that it does not know.
func examine(fs vfs.FS, dir string) (found bool, err error) {
	names, err := fs.List(dir)
	if oserror.IsNotExist(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	d, err := pebble.Peek(dir, fs)
	if err != nil {
		return false, err
	}
	for _, name := range names {
		if !d.Exists && (isTable(name) || isLog(name)) {
			return true, fmt.Errorf("%w: %s is there, but no marker.manifest that says which MANIFEST is in force", ErrDamaged, name)
		}
		var number uint32
		if n, _ := fmt.Sscanf(name, "%d.log", &number); n == 1 && isLog(name) {
			if err := checkRecords(fs, fs.PathJoin(dir, name), number); err != nil {
				return true, err
			}
		}
	}
	if !d.Exists {
		return false, nil
	}
	return true, checkRecords(fs, d.ManifestFilename, 0)
}

func isTable(name string) bool {
	return strings.HasSuffix(name, ".sst") || strings.HasSuffix(name, ".blob")
}

func isLog(name string) bool { return strings.HasSuffix(name, ".log") }

func isManifest(name string) bool { return strings.HasPrefix(filepath.Base(name), "MANIFEST") }

// checkRecords tells a file of records that breaks off at its end, as a crash leaves it, from one that is damaged: a record in it that is
// sound proves that what stands before it was forced to the disk. number is that of a log, 0 for a MANIFEST.
func checkRecords(fs vfs.FS, name string, number uint32) error {
	f, err := fs.Open(name)
	if oserror.IsNotExist(err) {
		return fmt.Errorf("%w: %s is missing", ErrDamaged, name)
	}
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	p := make([]byte, info.Size())
	if _, err := io.ReadFull(f, p); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	end := soundChunks(p, number)
	if at := proof(p, end, number); at > 0 {
		return fmt.Errorf("%w: %s is not sound between byte %d and byte %d", ErrDamaged, name, end, at)
	}
	return nil
}

// The format of these files: blocks of 32 KiB, in them chunks of checksum(4) length(2) type(1) and as many bytes as length says. The types
// of chunks in a MANIFEST are whole, first, middle, last of a record. Those in a log are the same from logWhole on, and have log number(4)
// and synced(8) before their bytes: up to there the log was forced to the disk.
const (
	blockBytes     = 32 << 10
	chunkHeader    = 7
	logChunkHeader = chunkHeader + 4 + 8

	chunkWhole = 1
	chunkFirst = 2
	chunkLast  = 4
	logWhole   = 9
	logLast    = 12

	// checksumOffset is added to the checksum, so that those of data which have checksums in them are no weaker.
	checksumOffset = 0xa282ead8
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// chunkAt reads the chunk that begins at byte at; its end is 0 if none does.
func chunkAt(p []byte, at int, number uint32) (kind byte, synced uint64, end int) {
	header := chunkHeader
	if number > 0 {
		header = logChunkHeader
	}
	if at+header > len(p) {
		return 0, 0, 0
	}
	kind, end = p[at+6], at+header+int(binary.LittleEndian.Uint16(p[at+4:]))
	if end > len(p) || at%blockBytes+end-at > blockBytes {
		return 0, 0, 0
	}
	switch {
	case number == 0 && kind >= chunkWhole && kind <= chunkLast:
	case number > 0 && kind >= logWhole && kind <= logLast && binary.LittleEndian.Uint32(p[at+chunkHeader:]) == number:
		synced = binary.LittleEndian.Uint64(p[at+chunkHeader+4:])
	default:
		return 0, 0, 0
	}
	sum := crc32.Checksum(p[at+6:end], castagnoli)
	if bits.RotateLeft32(sum, 17)+checksumOffset != binary.LittleEndian.Uint32(p[at:]) {
		return 0, 0, 0
	}
	return kind, synced, end
}

// soundChunks is the length of the part of p that can be read.
func soundChunks(p []byte, number uint32) (at int) {
	for {
		if _, _, end := chunkAt(p, at, number); end > 0 {
			at = end
			continue
		}
		// A header does not fit into the end of a block.
		next := at - at%blockBytes + blockBytes
		if _, _, end := chunkAt(p, next, number); end == 0 || next-at >= logChunkHeader {
			return at
		}
		at = next
	}
}

// proof finds a sound chunk that was written when what cannot be read, from byte bad on, was on the disk. It is found wherever it begins,
// because a damaged length does not lead to it; 0: there is none.
func proof(p []byte, bad int, number uint32) (at int) {
	for at := bad + 1; at+chunkHeader <= len(p); at++ {
		kind, synced, end := chunkAt(p, at, number)
		if end > 0 && (synced > uint64(bad) || kind == chunkWhole || kind == chunkFirst) {
			return at
		}
	}
	return 0
}

// explain gives errors of the database while it opens the names of this package. found says that there was a store; last is the file that was
// opened last, because some errors about a file do not tell which.
func explain(err error, found bool, last string) error {
	text := err.Error()
	has := func(part string) bool { return strings.Contains(text, part) }
	switch {
	case errors.Is(err, ErrDamaged):
		return err
	case has("lock held by current process"), has("resource temporarily unavailable"):
		return fmt.Errorf("%w by another process", ErrLocked)
	case !found && (errors.Is(err, pebble.ErrDBDoesNotExist) || has("does not exist")):
		return ErrNoStore
	case has("is not pristine"):
		return fmt.Errorf("%w: its marker.format-version is missing", ErrDamaged)
	case pebble.IsCorruptionError(err), has("object size mismatch"), found && oserror.IsNotExist(err):
		if last != "" && !has(filepath.Base(last)) {
			return fmt.Errorf("%w: %s: %w", ErrDamaged, last, oneLine{err})
		}
		return fmt.Errorf("%w: %w", ErrDamaged, oneLine{err})
	}
	return oneLine{err}
}

// damaged gives an error of reading the name ErrDamaged if the disk contradicts its checksums. The mark of the database on such errors is
// none that errors.Is of the standard library sees.
func damaged(err error) error {
	if err != nil && pebble.IsCorruptionError(err) && !errors.Is(err, ErrDamaged) {
		return fmt.Errorf("%w: %w", ErrDamaged, oneLine{err})
	}
	return err
}

// oneLine is an error of the database without the lines about its origin that it appends to its text.
type oneLine struct{ err error }

func (e oneLine) Error() string {
	line, _, _ := strings.Cut(e.err.Error(), "\n")
	return line
}

func (e oneLine) Unwrap() error { return e.err }
