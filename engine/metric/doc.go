// Package metric holds what a broker counts and how it is named: the counters that each loop writes, the table of VerneMQ's metric
// names with their types, labels and texts, and the list of series that everything which shows metrics reads.
//
//	loop 0  Counters ──┐                  table (name, labels, help, value)
//	loop 1  Counters ──┼─ Add ─► Reading ───────────┴─────► Snapshot ──► $SYS, Prometheus, Graphite, vmq-admin
//	loop n  Counters ──┘            ▲                           ▲
//	  gauges, memory, Process ──────┘     series of plugins ────┘
//
// Counting must cost next to nothing, so Counters are plain fields that one loop owns, and nobody else looks at them: a reader asks
// each loop to add its own to a Reading, in a task among its other tasks.
//
// A name has one type and one text; its series differ in labels. Some names exist for dashboards that were made for VerneMQ and
// have no source here: they are 0, and the table says so.
//
// The package is a leaf. It knows packet types, reason codes and drop causes as numbers, whose meaning it shares with codec and
// queue.
package metric
