package loadgen

import "time"

// watched is the broker's process as the kernel accounts for it. Without a process all methods do nothing. It belongs to the
// controller.
type watched struct {
	pid    int // 0: nothing is watched
	report Broker
	cpu    time.Duration // before the first connection
	from   time.Duration // when all were connected
	err    error         // the first; the process may end at any time
}

// watch prepares to watch process pid; 0: none.
func watch(pid int) *watched { return &watched{pid: pid} }

// processor reads the CPU time so far.
func (b *watched) processor() time.Duration {
	if b.pid == 0 || b.err != nil {
		return 0
	}
	cpu, err := ProcessCPU(b.pid)
	b.err = err
	return cpu
}

// memory reads the proportional set size.
func (b *watched) memory() uint64 {
	if b.pid == 0 || b.err != nil {
		return 0
	}
	bytes, err := ProcessMemory(b.pid)
	b.err = err
	return bytes
}

// beforeConnect takes what the process has used so far. An error says that it cannot be watched at all.
func (b *watched) beforeConnect() error {
	b.cpu, b.report.MemoryBefore = b.processor(), b.memory()
	b.from = b.cpu
	return b.err
}

// afterConnect takes what ready connections have cost.
func (b *watched) afterConnect(ready int) {
	b.from = b.processor()
	if ready > 0 {
		b.report.ConnectCPU = micros(b.from-b.cpu) / float64(ready)
	}
}

// finish writes what was seen into rep, when all connections are still there.
func (b *watched) finish(rep *Report) error {
	if b.pid == 0 {
		return nil
	}
	b.report.MemoryAfter = b.memory()
	if rep.Messages == nil {
		b.report.CPUSeconds = (b.processor() - b.from).Seconds()
	}
	if ready := rep.Connections.Ready; ready > 0 {
		b.report.BytesPerConnection = (float64(b.report.MemoryAfter) - float64(b.report.MemoryBefore)) / float64(ready)
	}
	rep.Broker = &b.report
	return b.err
}

// usage is the CPU time of generator and broker at the start of what is measured.
type usage struct {
	own, other time.Duration
	broker     *watched
}

// startUsage begins to count.
func startUsage(b *watched) usage { return usage{own: ownCPU(), other: b.processor(), broker: b} }

// finish writes what was used since into rep. received is how many messages came since.
func (u usage) finish(rep *Report, received uint64) {
	rep.Generator.set(ownCPU()-u.own, received)
	if u.broker.pid != 0 {
		u.broker.report.set(u.broker.processor()-u.other, received)
	}
}

// stage is what was used since for that many messages, in a stage that took so long.
func (u usage) stage(messages uint64, took time.Duration) *Stage {
	s := &Stage{Messages: messages, Seconds: took.Seconds()}
	if took > 0 {
		s.Rate = float64(messages) / s.Seconds
	}
	s.Generator.set(ownCPU()-u.own, messages)
	if u.broker.pid != 0 {
		s.Broker = &Usage{}
		s.Broker.set(u.broker.processor()-u.other, messages)
		s.Memory = u.broker.memory()
	}
	return s
}

// set fills in u.
func (u *Usage) set(cpu time.Duration, messages uint64) {
	u.CPUSeconds = cpu.Seconds()
	if messages > 0 {
		u.CPUPerMessage = micros(cpu) / float64(messages)
	}
}
