// Package trie finds the subscriptions that match a topic (Index), and the topics that match a filter (Topics, which
// retained messages are kept in). It also knows what a valid topic and filter is (topic.go). It reads and writes nothing,
// and may be used without the rest of the broker.
//
// # Filters lie in hash tables, not in a tree
//
// Brokers keep filters in a tree with a node for each level. Here, a filter is one entry of a hash table, however deep it is:
//
//	exact    "bench/idle/7"        by its text
//	wild     "fleet/+/7/state"     by its text too: of the words and the places of its wildcards
//	anchors  "fleet/"              by the text before the first wildcard: which shapes filters have below it
//
// A shape is a filter without its words: which levels are '+', and whether '#' ends it. All filters of a broker have a
// handful of shapes, and of each shape at most one filter matches a topic. So a Match is a few probes:
//
//	topic fleet/berlin/7/state
//	    exact:    fleet/berlin/7/state                                 one probe
//	    anchors:  "", "fleet/", "fleet/berlin/", …                     one for each length of which there are any
//	    wild:     fleet/+/7/state, for anchor "fleet/" with shape w+ww    one for each shape of the anchors found
//
// A tree would follow pointers from level to level, and miss the cache at each; a probe that fails costs one line of memory,
// one that succeeds three. A filter needs some 85 bytes (160 with an anchor of its own), and the garbage collector sees two
// objects for it, the node and the text. What this design does badly is an anchor with hundreds of shapes: all are
// tried (BenchmarkShapes). A client that is confined to topics of its own can only make such an anchor for its own topics.
//
// # Who may do what at the same time
//
//   - Match, Get, Scan and All take no lock. What they find behind an atomic pointer never changes, or only in its own atomics.
//   - Writers, and Lookup, lock one of 128 stripes, chosen by the hash of the whole filter: filters that begin alike lie in different
//     stripes. The first filter of a shape below an anchor, and the last, also lock the anchor's stripe; others only count.
//   - Order: filterLocks -> anchorLocks, and Topics.locks -> order.mu; a Mount is created under mu, which nests in none.
//
// # Where things are
//
//	topic.go        CheckTopic, CheckFilter, SplitShare, Matches
//	index.go        Index, Mount, counters
//	subscribe.go    Subscribe, Unsubscribe
//	match.go        Match and its Result
//	lookup.go       Lookup: one subscription
//	level.go        words of a topic and their hashes
//	shape.go        shapes
//	anchor.go       anchors
//	table.go        the hash table with readers that take no lock
//	subscribers.go  one or many subscribers of a filter
//	group.go        shared groups of a filter
//	vector.go       sets of any size that change cheaply while others read them
//	topics.go       Topics: Set, Get, Delete, DeleteIf
//	order.go        the same topics sorted
//	scan.go         the topics that match a filter, or all, page by page
package trie
