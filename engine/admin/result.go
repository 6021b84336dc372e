package admin

// Result is the answer to a command: its parts in the order in which they are shown. No part is an answer too.
type Result []Part

// Part is a Text, Table or Alert.
type Part interface{ isPart() }

// Text is one line or several. A line break at its end is part of it.
type Text string

// Alert says that something was not done. It is an answer like any other: the exit code is 0.
type Alert string

// Table is rows of cells. A cell is a string, bool, int, int64, uint64, float64, Missing or nil.
type Table struct {
	Columns []string
	Rows    [][]any
}

// Missing is a cell without a value: the word that people see, and null in JSON. nil is Missing("null").
type Missing string

// undefined is what a session without user name shows.
const undefined = Missing("undefined")

func (Text) isPart()   {}
func (Alert) isPart()  {}
func (*Table) isPart() {}

// done is the answer of most commands that change something.
var done = Result{Text("Done")}

func text(s string) Result  { return Result{Text(s)} }
func alert(s string) Result { return Result{Alert(s)} }

// add appends a row.
func (t *Table) add(cells ...any) { t.Rows = append(t.Rows, cells) }
