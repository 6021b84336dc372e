// Package benchmarks holds the scenarios in which whole brokers are measured, a file each. Benchmarks of single functions
// stand beside the code instead.
//
// A scenario is data: the arguments for vmq-bench and, where the project has set itself a goal, what must come out in
// comparison with mosquitto. The program in compare runs them against two brokers in turn; make compare calls it.
// The program in sessionshow measures one broker whose sessions somebody looks at. docs/benchmarking.md says what each figure means.
package benchmarks
