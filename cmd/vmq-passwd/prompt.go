package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

var (
	errEmptyPassword = errors.New("the password is empty")
	errMismatch      = errors.New("the passwords are not the same")
)

// ask asks for the password twice.
func (t *terminal) ask() ([]byte, error) {
	first, err := t.prompt("Password: ")
	if err != nil {
		return nil, err
	}
	second, err := t.prompt("Reenter password: ")
	switch {
	case err != nil:
		return nil, err
	case !bytes.Equal(first, second):
		return nil, errMismatch
	}
	return first, nil
}

// prompt reads one line, without showing it if it comes from a terminal.
func (t *terminal) prompt(text string) ([]byte, error) {
	fmt.Fprint(t.out, text)
	read := readLine
	if term.IsTerminal(int(t.in.Fd())) {
		read = readHidden
	}
	line, err := read(t.in)
	fmt.Fprintln(t.out)
	line = bytes.TrimRight(line, "\r\n")
	switch {
	case err != nil && err != io.EOF:
		return nil, err
	case len(line) == 0:
		return nil, errEmptyPassword
	}
	return line, nil
}

// readHidden reads a line while the terminal shows nothing. A signal that ends the program must not leave it that way.
func readHidden(f *os.File) ([]byte, error) {
	before, err := term.GetState(int(f.Fd()))
	if err != nil {
		return nil, err
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-signals:
			term.Restore(int(f.Fd()), before)
			os.Exit(0)
		case <-done:
		}
	}()
	return term.ReadPassword(int(f.Fd()))
}

// readLine reads up to the end of a line and not a byte more, because the next line is for the next prompt.
func readLine(f *os.File) ([]byte, error) {
	var line []byte
	for b := make([]byte, 1); ; {
		switch n, err := f.Read(b); {
		case err != nil:
			return line, err
		case n == 1:
			if line = append(line, b[0]); b[0] == '\n' {
				return line, nil
			}
		}
	}
}
