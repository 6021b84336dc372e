package clients

import (
	"context"
	"crypto/tls"
	"net"
	"testing"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// TestPahoByWebSocket lets paho publish to itself by ws and wss.
func TestPahoByWebSocket(t *testing.T) {
	for scheme, port := range map[string]string{"ws": brokerWSPort, "wss": brokerWSSPort} {
		if port == "" {
			continue // a given broker need not have it
		}
		t.Run(scheme, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			topic := newTopic()
			got := make(chan mqtt.Message, 1)
			c := mqtt.NewClient(mqtt.NewClientOptions().
				AddBroker(scheme + "://" + net.JoinHostPort(brokerHost, port) + "/mqtt").
				SetTLSConfig(&tls.Config{InsecureSkipVerify: true}). // the certificate is our own
				SetClientID(newID()).SetAutoReconnect(false).SetConnectRetry(false))
			for _, step := range []func() mqtt.Token{
				c.Connect,
				func() mqtt.Token { return c.Subscribe(topic, 2, func(_ mqtt.Client, m mqtt.Message) { got <- m }) },
				func() mqtt.Token { return c.Publish(topic, 2, false, "by "+scheme) },
			} {
				if err := finished(ctx, step()); err != nil {
					t.Fatal(err)
				}
			}
			select {
			case m := <-got:
				if m.Topic() != topic || string(m.Payload()) != "by "+scheme || m.Qos() != 2 {
					t.Errorf("got %q on %s with QoS %d", m.Payload(), m.Topic(), m.Qos())
				}
			case <-ctx.Done():
				t.Error("the message does not come")
			}
			c.Disconnect(uint(patience.Milliseconds()))
		})
	}
}
