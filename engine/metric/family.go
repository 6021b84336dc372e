package metric

import (
	"slices"
	"strings"
)

// Type is how a value moves.
type Type uint8

// The types of metrics.
const (
	Counter        Type = iota // only grows, but for a reset
	Gauge                      // what is there now
	HistogramGroup             // counts by size
)

// String returns the type as outputs name it.
func (t Type) String() string { return [...]string{"counter", "gauge", "histogram"}[t] }

// Label is one label of a series.
type Label struct{ Key, Value string }

// family is all series of one name.
type family struct {
	name   string
	typ    Type
	help   string
	series []source
	// scheduler numbers, latency kinds and the like: series that exist only at times. nil otherwise.
	some func(*Reading) []Series
}

// source is one series of a family and where its value comes from.
type source struct {
	labels []Label
	value  func(*Reading) uint64
}

// families is the table of all metrics that have their source in the broker itself, by name. What plugins count comes with them.
var families = slices.SortedFunc(slices.Values(slices.Concat(
	socketFamilies, packetFamilies(), failureFamilies(), queueFamilies, routingFamilies, clusterFamilies, memoryFamilies(),
	systemFamilies, latencyFamilies(), storeFamilies(), []family{hookFamily},
)), func(a, b family) int { return strings.Compare(a.name, b.name) })

// counter is a family of one series without labels.
func counter(name, help string, value func(*Reading) uint64) family {
	return family{name: name, typ: Counter, help: help, series: []source{{value: value}}}
}

// gauge is the same for what is there now.
func gauge(name, help string, value func(*Reading) uint64) family {
	return family{name: name, typ: Gauge, help: help, series: []source{{value: value}}}
}

// none is the value of metrics that have no source, and of those whose part of the broker is not there.
func none(*Reading) uint64 { return 0 }

// withVersion is the label set of a version, with more labels behind it.
func withVersion(v Version, more ...Label) []Label {
	return append([]Label{{"mqtt_version", [...]string{V4: "4", V5: "5"}[v]}}, more...)
}

// byVersion is a counter with a series for each version.
func byVersion(name, help string, value func(*Reading, Version) uint64) family {
	f := family{name: name, typ: Counter, help: help}
	for v := range Versions {
		f.series = append(f.series, source{withVersion(v), func(r *Reading) uint64 { return value(r, v) }})
	}
	return f
}
