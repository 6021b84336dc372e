package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// replace puts text in the place of the content of a file, so that nobody ever reads half of it: a broker would refuse the users of the other
// half. Mode and owner stay. A new file has the mode that the umask leaves of 0666.
func replace(name, text string) error {
	// A link stays one; its target is what changes.
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	before, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return os.WriteFile(name, []byte(text), 0o666)
	}
	if err != nil {
		return err
	}
	if !before.Mode().IsRegular() {
		return &fs.PathError{Op: "replace", Path: name, Err: errors.New("not a regular file")}
	}
	if f, err := os.OpenFile(name, os.O_WRONLY, 0); err != nil {
		return err // a directory that can be written to is no permission to replace what cannot
	} else if err := f.Close(); err != nil {
		return err
	}
	if swapped, err := swap(name, text, before); swapped {
		return err
	}
	// The directory is not ours to write to, or the file is mounted on its own, as in a container. Then it is rewritten where it is; a broker
	// that reads it meanwhile looks twice.
	return os.WriteFile(name, []byte(text), before.Mode().Perm())
}

// swap writes a file beside the old one and renames it. It returns false if that is not possible here, and nothing has changed then.
func swap(name, text string, before fs.FileInfo) (swapped bool, err error) {
	temp := name + ".tmp"
	os.Remove(temp) // of a run that was killed; if it cannot be removed, neither can the next line make it
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, before.Mode().Perm())
	if err != nil {
		return false, nil
	}
	defer func() {
		if !swapped || err != nil {
			os.Remove(temp)
		}
	}()
	if err := f.Chmod(before.Mode().Perm()); err != nil {
		return false, f.Close()
	}
	if owner, known := before.Sys().(*syscall.Stat_t); known {
		if err := f.Chown(int(owner.Uid), int(owner.Gid)); err != nil {
			return false, f.Close() // it would belong to somebody else
		}
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return true, err // no room: writing over the old one would lose it
	}
	if err := os.Rename(temp, name); err != nil {
		return false, nil
	}
	return true, nil
}
