package netpoll

// WantDrain asks for Handler.OnDrain when pending output is below Options.LowWater, however much there is now. Where nothing is
// pending, nothing follows.
func (c *Conn) WantDrain() {
	if c.out.pending > 0 {
		c.flags |= flagFull
	}
}
