package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// openTerminal makes a terminal; what is written to the keyboard comes out of it.
func openTerminal(t *testing.T) (keyboard, screen *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keyboard.Close() })
	if err := unix.IoctlSetPointerInt(int(keyboard.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(keyboard.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if screen, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { screen.Close() })
	return keyboard, screen
}

// typist answers each prompt when it comes, and looks whether the terminal would show what is typed.
type typist struct {
	keyboard, screen *os.File
	out              strings.Builder
	done             chan struct{}
}

func (p *typist) Write(b []byte) (int, error) {
	p.out.Write(b)
	if strings.HasSuffix(string(b), ": ") {
		p.done = make(chan struct{})
		go func() {
			defer close(p.done)
			for { // until the program has switched the echo off, which it does after the prompt
				state, err := unix.IoctlGetTermios(int(p.screen.Fd()), unix.TCGETS)
				if err != nil || state.Lflag&unix.ECHO == 0 {
					break
				}
			}
			p.keyboard.WriteString("s3cret\n")
		}()
	} else {
		<-p.done
	}
	return len(b), nil
}

// TestPasswordIsNotShown proves that a terminal does not show a password, and that it shows again what comes after it.
func TestPasswordIsNotShown(t *testing.T) {
	d := newDesk(t, "")
	p := &typist{}
	p.keyboard, p.screen = openTerminal(t)
	var errs strings.Builder
	if code := run([]string{"-c", d.file, "bob"}, &terminal{in: p.screen, out: p, errs: &errs}); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	d.wantUsers("bob=s3cret")
	if got := p.out.String(); got != "Password: \nReenter password: \n" {
		t.Errorf("it said %q", got)
	}
	state, err := unix.IoctlGetTermios(int(p.screen.Fd()), unix.TCGETS)
	if err != nil || state.Lflag&unix.ECHO == 0 {
		t.Errorf("the terminal stays without echo: %v", err)
	}
}
