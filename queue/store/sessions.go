package store

// PutClient writes the record of a session, new or changed, and what the index of due times says about its expiry.
func (w *Writer) PutClient(c *Client, r *ClientRecord) {
	rs := &rows{}
	rs.due(&c.expiry, r.Expiry, c.Serial, dueSession)
	rs.put(appendRow(nil, tableClient, c.Serial, rowClient), appendClient(nil, r))
	w.appendRows(c.Serial, rs)
}

// EndClient removes the session with everything that belongs to it.
func (w *Writer) EndClient(c *Client) {
	w.Empty(c.Serial)
	rs := &rows{}
	rs.due(&c.expiry, 0, c.Serial, dueSession)
	rs.due(&c.will, 0, c.Serial, dueWill)
	rs.ranges = append(rs.ranges, [2][]byte{appendSerial(nil, tableClient, c.Serial), appendSerial(nil, tableClient, c.Serial+1)})
	w.appendRows(c.Serial, rs)
}

// Subscribe writes a subscription, new or changed.
func (w *Writer) Subscribe(serial uint64, sub *Subscription) {
	rs := &rows{}
	rs.put(subscriptionKey(serial, sub.Filter), appendSubscription(nil, sub))
	w.appendRows(serial, rs)
}

// Unsubscribe removes one.
func (w *Writer) Unsubscribe(serial uint64, filter string) {
	rs := &rows{}
	rs.remove(subscriptionKey(serial, filter))
	w.appendRows(serial, rs)
}

func subscriptionKey(serial uint64, filter string) []byte {
	return append(appendRow(nil, tableClient, serial, rowSubscription), filter...)
}

// PutWill writes a will that waits for its time. It copies will's slices.
func (w *Writer) PutWill(c *Client, will *Will) {
	rs := &rows{}
	rs.due(&c.will, will.Due, c.Serial, dueWill)
	rs.put(appendRow(nil, tableClient, c.Serial, rowWill), appendWill(nil, will))
	w.appendRows(c.Serial, rs)
}

// DropWill removes it: it was published, or the session goes on. Without a will it does nothing.
func (w *Writer) DropWill(c *Client) {
	if c.will == 0 {
		return
	}
	rs := &rows{}
	rs.due(&c.will, 0, c.Serial, dueWill)
	rs.remove(appendRow(nil, tableClient, c.Serial, rowWill))
	w.appendRows(c.Serial, rs)
}

func (w *Writer) appendRows(serial uint64, rs *rows) {
	for _, kv := range rs.set {
		w.bytes += int64(len(kv.key) + len(kv.value))
	}
	w.append(op{kind: opRows, serial: serial, rows: rs})
}

func (rs *rows) put(key, value []byte) { rs.set = append(rs.set, keyValue{key, value}) }

func (rs *rows) remove(key []byte) { rs.set = append(rs.set, keyValue{key, nil}) }

// due moves the client's row in the index of due times from *at to due; 0: no row.
func (rs *rows) due(at *int64, due int64, serial uint64, what byte) {
	if *at == due {
		return
	}
	if *at != 0 {
		rs.remove(appendDueKey(nil, *at, serial, what))
	}
	if due != 0 {
		rs.put(appendDueKey(nil, due, serial, what), []byte{recordVersion})
	}
	*at = due
}
