package loadgen

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
)

// WriteTable writes r for a reader at a terminal.
func (r *Report) WriteTable(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	r.connectionRows(tw)
	r.messageRows(tw)
	stageRow(tw, "stored", "acknowledged", r.Stored)
	stageRow(tw, "delivered", "received", r.Delivered)
	fmt.Fprint(tw, "\nµs\tcount\tmin\tmean\tp50\tp90\tp99\tp99.9\tmax\n")
	quantileRow(tw, "connect", r.Connections.Latency)
	quantileRow(tw, "latency, from due to received", r.Latency)
	quantileRow(tw, "acknowledgement, from due", r.AckLatency)
	quantileRow(tw, "lag of the generator itself", r.Lag)
	fmt.Fprintln(tw)
	r.processRows(tw)
	for _, p := range r.Problems {
		fmt.Fprintf(tw, "problem\t%s\n", p)
	}
	if r.MoreProblems > 0 {
		fmt.Fprintf(tw, "problem\tand %d more\n", r.MoreProblems)
	}
	if r.Interrupted {
		fmt.Fprintln(tw, "interrupted\tthe figures are those until then")
	}
	return tw.Flush()
}

// connectionRows prints what the run was and how its clients connected.
func (r *Report) connectionRows(w io.Writer) {
	s, c := &r.Settings, &r.Connections
	by := ""
	if s.Transport != "tcp" {
		by = " by " + s.Transport
	}
	if s.Pattern == Connect {
		fmt.Fprintf(w, "%s\tMQTT %s to %s%s\n", s.Pattern, s.Version, s.Address, by)
	} else {
		speed := "full speed"
		if s.Rate > 0 {
			speed = fmt.Sprintf("%g msg/s", s.Rate)
		}
		fmt.Fprintf(w, "%s %d→%d\tMQTT %s to %s%s, QoS %d, %d B, %s\n",
			s.Pattern, s.Publishers, s.Subscribers, s.Version, s.Address, by, s.QoS, s.Payload, speed)
	}
	if s.TLS != "" {
		fmt.Fprintf(w, "negotiated\t%s\n", s.TLS)
	}
	fmt.Fprintf(w, "connections\t%d of %d in %.2f s (%s/s), %d lost\n", c.Ready, c.Asked, c.Seconds, grouped(c.Rate), c.Lost)
}

// messageRows prints counts and rates.
func (r *Report) messageRows(w io.Writer) {
	m := r.Messages
	if m == nil {
		return
	}
	if m.Seconds > 0 {
		fmt.Fprintf(w, "sent\t%s\t%s msg/s\t%s\n", grouped(float64(m.Sent)), grouped(m.SentRate), mebibytes(m.SentBytes)+"/s")
		fmt.Fprintf(w, "received\t%s\t%s msg/s\t%s\n", grouped(float64(m.Received)), grouped(m.ReceivedRate), mebibytes(m.RecvBytes)+"/s")
	} else { // what comes after all was sent has rates of its own
		fmt.Fprintf(w, "sent\t%s\n", grouped(float64(m.Sent)))
		fmt.Fprintf(w, "received\t%s\n", grouped(float64(m.Received)))
	}
	if m.Acknowledged > 0 {
		fmt.Fprintf(w, "acknowledged\t%s\n", grouped(float64(m.Acknowledged)))
	}
	fmt.Fprintf(w, "lost\t%s\t%.3f %%\n", grouped(float64(m.Lost)), 100*m.LostShare)
	fmt.Fprintf(w, "duplicates\t%s\n", grouped(float64(m.Duplicates)))
	fmt.Fprintf(w, "reordered\t%s\n", grouped(float64(m.Reordered)))
	for _, odd := range []struct {
		name  string
		count uint64
	}{{"unsent, though due", m.Unsent}, {"damaged", m.Damaged}, {"foreign", m.Foreign}} {
		if odd.count > 0 {
			fmt.Fprintf(w, "%s\t%s\n", odd.name, grouped(float64(odd.count)))
		}
	}
	if m.Inexact {
		fmt.Fprintln(w, "inexact\tmore gaps than can be remembered: lost and duplicates are estimates")
	}
}

// stageRow prints what one half of a run came to, or nothing.
func stageRow(w io.Writer, name, what string, s *Stage) {
	if s == nil {
		return
	}
	fmt.Fprintf(w, "%s\t%s\t%s msg/s %s in %.2f s\tgenerator CPU %.3f µs each", name, grouped(float64(s.Messages)), grouped(s.Rate), what,
		s.Seconds, s.Generator.CPUPerMessage)
	if s.Broker != nil {
		fmt.Fprintf(w, "\tbroker CPU %.3f µs each, memory %s", s.Broker.CPUPerMessage, mebibytes(float64(s.Memory)))
	}
	fmt.Fprintln(w)
}

// processRows prints what the generator and the broker used.
func (r *Report) processRows(w io.Writer) {
	fmt.Fprintf(w, "generator CPU\t%.2f s%s\n", r.Generator.CPUSeconds, r.perMessage(r.Generator))
	b := r.Broker
	if b == nil {
		return
	}
	fmt.Fprintf(w, "broker CPU\t%.2f s%s\n", b.CPUSeconds, r.perMessage(b.Usage))
	fmt.Fprintf(w, "broker CPU to connect\t%.1f µs each\n", b.ConnectCPU)
	each := ""
	if r.Messages == nil { // few connections with much to do tell nothing about one
		each = grouped(b.BytesPerConnection) + " B each"
	}
	fmt.Fprintf(w, "broker memory\t%s before, %s with %d connections\t%s\n", mebibytes(float64(b.MemoryBefore)),
		mebibytes(float64(b.MemoryAfter)), r.Connections.Ready, each)
}

// perMessage is the text behind a CPU time.
func (r *Report) perMessage(u Usage) string {
	if r.Messages == nil {
		return ""
	}
	return fmt.Sprintf(", %.3f µs per received message", u.CPUPerMessage)
}

// quantileRow prints one line of the table of quantiles, or nothing.
func quantileRow(w io.Writer, name string, q *Quantiles) {
	if q == nil {
		return
	}
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", name, grouped(float64(q.Count)), short(q.Min), short(q.Mean), short(q.P50),
		short(q.P90), short(q.P99), short(q.P999), short(q.Max))
}

// short prints v with a digit after the point where that matters.
func short(v float64) string {
	if v < 100 {
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return grouped(v)
}

// mebibytes prints bytes.
func mebibytes(bytes float64) string { return strconv.FormatFloat(bytes/(1<<20), 'f', 1, 64) + " MiB" }

// grouped prints v rounded, with a comma before each group of three digits.
func grouped(v float64) string {
	digits := strconv.FormatFloat(v, 'f', 0, 64)
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}
