package admin

import (
	"encoding/json"
	"testing"
)

// TestCells proves how each kind of cell looks in each format.
func TestCells(t *testing.T) {
	table := &Table{Columns: []string{"c"}}
	for _, cell := range []any{"text", " trimmed ", "two\nlines", `"q"\`, "\x01\t\r", "ü", "\xff\x00", true, 7, int64(-8), uint64(9), 1.5, nil, undefined} {
		table.add(cell)
	}
	want := `{"table":[{"c":"text"},{"c":"trimmed"},{"c":"two\nlines"},{"c":"\"q\"\\"},{"c":"\u0001\t\r"},{"c":"ü"},{"c":"base64:/wA="},` +
		`{"c":true},{"c":7},{"c":-8},{"c":9},{"c":1.500000},{"c":null},{"c":null}],"type":"table"}`
	got := Result{table}.AppendJSON([]byte("x"))
	if string(got) != "x"+want {
		t.Errorf("JSON\n%s, want\nx%s", got, want)
	}
	if !json.Valid(got[1:]) {
		t.Error("this is no JSON")
	}
	csv, _ := Result{table}.AppendCSV(nil, nil)
	if want := "c\r\ntext\r\ntrimmed\r\n\"two\nlines\"\r\n\"\"\"q\"\"\\\"\r\n\"\x01\t\r\"\r\nü\r\n\xff\x00\r\ntrue\r\n7\r\n-8\r\n9\r\n1.500000\r\nnull\r\nundefined\r\n"; string(csv) != want {
		t.Errorf("CSV\n%q, want\n%q", csv, want)
	}
}

// TestHarmless proves that clients cannot write to the terminal of whoever looks at them, and that letters of all languages stay.
func TestHarmless(t *testing.T) {
	table := &Table{Columns: []string{"id"}}
	table.add("\x1b[2Jü\t\u009b\xff\\\ufffd\nline 2")
	want := "+------------------------+\n| id                     |\n+------------------------+\n" +
		"| \\x1b[2Jü\\t\\u009b\\xff\\\ufffd |\n| line 2                 |\n+------------------------+\n"
	if got := string((Result{table}).AppendHuman(nil, false)); got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
}

// TestBold proves that names of columns are set in bold, without making them wider.
func TestBold(t *testing.T) {
	table := &Table{Columns: []string{"Node", "x"}}
	table.add("ü", "longer")
	want := "+------+--------+\n| \x1b[1mNode\x1b[0m | \x1b[1mx\x1b[0m      |\n+------+--------+\n| ü    | longer |\n+------+--------+\n"
	if got := string((Result{table}).AppendHuman(nil, true)); got != want {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

func TestSeveralParts(t *testing.T) {
	table := &Table{Columns: []string{"a"}}
	table.add(1)
	r := Result{Text("one"), table, Alert("two")}
	if got, want := string(r.AppendJSON(nil)), `[{"text":"one","type":"text"},{"table":[{"a":1}],"type":"table"},{"alert":[{"text":"two","type":"text"}],"type":"alert"}]`+"\n"; got != want {
		t.Errorf("JSON %s, want %s", got, want)
	}
	out, errs := r.AppendCSV(nil, nil)
	if string(out) != "a\r\n1\r\n" || string(errs) != "two\n" {
		t.Errorf("CSV %q, %q", out, errs)
	}
}
