package admin

import (
	"errors"
	"os"
	"strconv"
)

// The checks of flags and arguments. Each says what would be right.

// isNumber wants an integer of at least least.
func isNumber(least int) func(string, bool) error {
	return func(value string, given bool) error {
		if n, err := strconv.Atoi(value); !given || err != nil || n < least {
			return errors.New(quoteMissing(value, given) + ": expected a number of at least " + strconv.Itoa(least))
		}
		return nil
	}
}

// isNumberOrInfinity wants an integer that is not negative, or the word infinity.
func isNumberOrInfinity(value string, given bool) error {
	if n, err := strconv.Atoi(value); value == infinity || given && err == nil && n >= 0 {
		return nil
	}
	return errors.New(quoteMissing(value, given) + ": expected a number, or infinity")
}

const infinity = "infinity"

// isText wants a value, whatever it is.
func isText(_ string, given bool) error {
	if !given {
		return errors.New("a value is missing")
	}
	return nil
}

// isBool wants true or false.
func isBool(value string, given bool) error {
	if value == "true" || value == "false" {
		return nil
	}
	return errors.New(quoteMissing(value, given) + ": expected true or false")
}

// isSwitch wants true or false, or no value at all, which means true.
func isSwitch(value string, given bool) error {
	if !given {
		return nil
	}
	return isBool(value, given)
}

// isFile wants the path of a file that exists.
func isFile(value string, given bool) error {
	if !given {
		return errors.New("a value is missing")
	}
	if info, err := os.Stat(value); err != nil || info.IsDir() {
		return errors.New(strconv.Quote(value) + ": there is no such file")
	}
	return nil
}

// isDir wants the path of a directory that exists.
func isDir(value string, given bool) error {
	if !given {
		return errors.New("a value is missing")
	}
	if info, err := os.Stat(value); err != nil || !info.IsDir() {
		return errors.New(strconv.Quote(value) + ": there is no such directory")
	}
	return nil
}

func quoteMissing(value string, given bool) string {
	if !given {
		return "a value is missing"
	}
	return strconv.Quote(value)
}
