package store

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/vernemq/vmq/queue"
)

// counting marks a StoreID that counts the receivers of a message within a batch.
const counting = 1 << 63

// encode makes the batch of the chosen segments. Entries that were removed before are void and cost nothing.
func (c *committer) encode() {
	for i := range c.chosen {
		c.count(&c.chosen[i])
	}
	for i := range c.chosen {
		p := &c.chosen[i]
		for j := p.from; j < p.to; j++ {
			c.encodeOp(p.w, p.chunk.base+uint64(j), &p.chunk.ops[j])
		}
		p.w.lane.behind = max(p.w.lane.behind, p.chunk.base+uint64(p.to))
	}
	c.reserve()
}

// count finds out which messages have more than one receiver in this batch: theirs get a body of their own.
func (c *committer) count(p *part) {
	for i := p.from; i < p.to; i++ {
		o := &p.chunk.ops[i]
		if o.kind != opAdd {
			continue
		}
		switch m := o.msg; {
		case m.StoreID&counting != 0:
			m.StoreID++
		case m.StoreID < c.sweep.below: // not stored, or its body may be gone
			m.StoreID = counting | 1
		}
	}
}

func (c *committer) encodeOp(w *Writer, at uint64, o *op) {
	var err error
	b := c.batch
	switch o.kind {
	case opVoid, opNothing:
		return
	case opAdd:
		err = c.encodeEntry(at, o)
	case opAddReceived:
		c.high.use(&c.high.entry, at)
		c.key = appendEntryKey(c.key[:0], o.serial, rowFlight, Entry(at))
		c.value = appendFlight(c.value[:0], Received, o.a)
		err = b.Set(c.key, c.value, nil)
	case opSent:
		c.key = appendEntryKey(c.key[:0], o.serial, rowFlight, o.entry)
		c.value = appendFlight(c.value[:0], Sent, o.a)
		err = b.Set(c.key, c.value, nil)
	case opReceived:
		c.removeEntry(w, o)
		c.key = appendEntryKey(c.key[:0], o.serial, rowFlight, o.entry)
		c.value = appendFlight(c.value[:0], Received, o.a)
		err = b.Set(c.key, c.value, nil)
	case opRemove:
		c.removeEntry(w, o)
		if o.entry&inFlight != 0 {
			c.key = appendEntryKey(c.key[:0], o.serial, rowFlight, o.entry)
			err = b.Delete(c.key, nil)
		}
	case opRemoveThrough:
		w.lane.cancelThrough(o.serial, o.entry)
		err = c.removeThrough(o.serial, o.entry)
	case opUnreleased:
		c.key = appendUnreleasedKey(c.key[:0], o.serial, uint16(o.subID))
		err = b.Set(c.key, []byte{recordVersion}, nil)
	case opReleased:
		c.key = appendUnreleasedKey(c.key[:0], o.serial, uint16(o.subID))
		err = b.Delete(c.key, nil)
	case opEmpty:
		w.lane.cancelThrough(o.serial, Entry(at))
		err = c.encodeEmpty(w, o.serial, at)
	case opRows:
		c.high.use(&c.high.serial, o.serial)
		err = c.encodeRows(o.rows)
	case opRetain:
		err = c.encodeRetained(o.rows.mountpoint, o.rows.topic)
	}
	if err != nil {
		c.s.fail(fmt.Errorf("operation %d of client %d: %w", o.kind, o.serial, err))
	}
}

// removeEntry deletes the row of an entry, or voids it if its group is still waiting. A row is written once and deleted
// once, so that the pair of them vanishes in the first merge.
func (c *committer) removeEntry(w *Writer, o *op) {
	if len(w.lane.parked) > 0 && w.lane.cancel(o.entry) || o.entry&direct != 0 {
		return
	}
	c.key = appendEntryKey(c.key[:0], o.serial, rowEntry, o.entry)
	if err := c.batch.SingleDelete(c.key, nil); err != nil {
		c.s.fail(err)
	}
	c.s.counters.Removed.Add(1)
}

// removeThrough deletes the rows of all entries of a client up to e.
func (c *committer) removeThrough(serial uint64, e Entry) error {
	for _, row := range []byte{rowEntry, rowFlight} {
		from := appendRow(nil, tableQueue, serial, row)
		if err := c.batch.DeleteRange(from, appendEntryKey(nil, serial, row, e.row()+1), nil); err != nil {
			return err
		}
	}
	return nil
}

// encodeEmpty deletes what the queue had at position at. One range does, unless a part of a group overtook: its entries came later.
func (c *committer) encodeEmpty(w *Writer, serial, at uint64) error {
	from, to := appendSerial(nil, tableQueue, serial), appendSerial(nil, tableQueue, serial+1)
	if w.lane.behind > at {
		if err := c.removeThrough(serial, Entry(at)); err != nil {
			return err
		}
		from = appendRow(nil, tableQueue, serial, rowUnreleased)
	}
	return c.batch.DeleteRange(from, to, nil)
}

func (c *committer) encodeEntry(at uint64, o *op) error {
	m := o.msg
	h := entryHead{qos: o.qos, retain: o.retain, subID: o.subID}
	if m.StoreID&counting != 0 {
		h.inline = m.StoreID&^counting == 1 && messageSize(m) <= inlineMax
		m.StoreID = 0
		if !h.inline {
			if err := c.encodeBody(m); err != nil {
				return err
			}
		}
	}
	h.body = m.StoreID
	c.sweep.referenced(h.body)
	if o.mayWait() {
		c.patience.missed++
	}
	row := byte(rowEntry)
	c.value = c.value[:0]
	if o.sent {
		row, c.value = rowFlight, appendFlight(c.value, sentWhole, o.a)
	}
	c.key = appendEntryKey(c.key[:0], o.serial, row, Entry(at))
	c.value = appendEntryHead(c.value, &h)
	if h.inline {
		c.value = appendMessage(c.value, m)
	}
	c.high.use(&c.high.entry, at)
	c.high.use(&c.high.serial, o.serial)
	c.high.use(&c.high.serial, m.Publisher)
	c.s.counters.Entries.Add(1)
	return c.batch.Set(c.key, c.value, nil)
}

// encodeBody writes the message under a new number.
func (c *committer) encodeBody(m *queue.Message) error {
	c.high.body++
	m.StoreID = c.high.body
	c.key = appendBodyKey(c.key[:0], m.StoreID)
	c.value = appendMessage(append(c.value[:0], recordVersion), m)
	c.s.counters.Bodies.Add(1)
	return c.batch.Set(c.key, c.value, nil)
}

func (c *committer) encodeRows(r *rows) error {
	for _, d := range r.ranges {
		if err := c.batch.DeleteRange(d[0], d[1], nil); err != nil {
			return err
		}
	}
	for _, kv := range r.set {
		var err error
		if kv.value == nil {
			err = c.batch.Delete(kv.key, nil)
		} else {
			err = c.batch.Set(kv.key, kv.value, nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *committer) encodeRetained(mountpoint, topic string) error {
	var m *queue.Message
	if c.s.opt.Retained != nil {
		m = c.s.opt.Retained(mountpoint, topic)
	}
	c.key = appendRetainedKey(c.key[:0], mountpoint, topic)
	if m == nil {
		return c.batch.Delete(c.key, nil)
	}
	c.high.use(&c.high.serial, m.Publisher)
	c.value = appendMessage(append(c.value[:0], recordVersion), m)
	return c.batch.Set(c.key, c.value, nil)
}

// high is the highest number of each kind that was used. What is stored is higher by a step, so that it need not be written with every
// batch; the next process starts from there. Numbers of 64 bits bear four billion restarts of the largest step.
type high struct {
	entry, serial, body uint64
	reserved            struct{ entry, serial, body uint64 }
}

const (
	entryStep  = 1 << 32
	serialStep = 1 << 24
	bodyStep   = 1 << 32
)

func (h *high) use(field *uint64, v uint64) { *field = max(*field, v) }

// reserve stores new limits if the batch has used up the old ones, with that batch.
func (c *committer) reserve() {
	h := &c.high
	r := &h.reserved
	if h.entry < r.entry && h.serial < r.serial && h.body < r.body {
		return
	}
	r.entry, r.serial, r.body = step(h.entry, r.entry, entryStep), step(h.serial, r.serial, serialStep), step(h.body, r.body, bodyStep)
	if err := c.batch.Set(keyHigh, appendHigh(nil, h), nil); err != nil {
		c.s.fail(err)
	}
}

func step(used, reserved, by uint64) uint64 {
	if used < reserved {
		return reserved
	}
	return min(used, math.MaxUint64-by) + by
}

func appendHigh(b []byte, h *high) []byte {
	b = append(b, recordVersion)
	for _, v := range []uint64{h.reserved.entry, h.reserved.serial, h.reserved.body} {
		b = binary.AppendUvarint(b, v)
	}
	return b
}

// decodeHigh reads the reserved numbers; everything up to them counts as used.
func decodeHigh(value []byte, h *high) error {
	r := reader{b: value}
	r.open()
	h.entry, h.serial, h.body = r.uvarint(), r.uvarint(), r.uvarint()
	h.reserved.entry, h.reserved.serial, h.reserved.body = h.entry, h.serial, h.body
	return r.err
}
