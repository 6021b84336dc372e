package clients

import (
	"context"
	"errors"
	"net"
	"net/url"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// paho3 is a connection of paho for Go, whose first generation speaks MQTT 3.1 and 3.1.1.
type paho3 struct {
	client mqtt.Client
	net    *net.TCPConn
	in     *inbox
}

func connectPaho3(ctx context.Context, k kind, o options, in *inbox) (client, connack, error) {
	c := &paho3{in: in}
	opts := mqtt.NewClientOptions().
		AddBroker("tcp://" + net.JoinHostPort(brokerHost, brokerPort)).
		SetClientID(o.ID).
		SetProtocolVersion(uint(k.version)).
		SetCleanSession(!o.Keep).
		SetAutoReconnect(false).
		SetConnectRetry(false).
		SetKeepAlive(60 * time.Second).
		SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) {
			in.put(message{Topic: m.Topic(), Payload: m.Payload(), QoS: m.Qos(), Retain: m.Retained(), Dup: m.Duplicate()})
		}).
		SetConnectionLostHandler(func(mqtt.Client, error) { in.close(0) }).
		SetCustomOpenConnectionFn(func(*url.URL, mqtt.ClientOptions) (net.Conn, error) {
			var err error
			c.net, err = dialTCP()
			return lingering{c.net}, err
		})
	if w := o.Will; w != nil {
		opts.SetBinaryWill(w.Topic, w.Payload, w.QoS, w.Retain)
	}
	c.client = mqtt.NewClient(opts)
	token := c.client.Connect()
	if err := finished(ctx, token); err != nil {
		return nil, connack{}, err
	}
	return c, connack{Present: token.(*mqtt.ConnectToken).SessionPresent()}, nil
}

// finished waits for what a token stands for.
func finished(ctx context.Context, token mqtt.Token) error {
	select {
	case <-token.Done():
		return token.Error()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *paho3) subscribe(ctx context.Context, s subscription) (byte, error) {
	token := c.client.Subscribe(s.Filter, s.QoS, nil)
	err := finished(ctx, token)
	// There is one entry; its key is not always the filter, because paho strips $share and the name of the group.
	for _, code := range token.(*mqtt.SubscribeToken).Result() {
		return code, nil // paho makes an error of a refusal, here it is an answer
	}
	return 0, errors.Join(errors.New("no SUBACK"), err)
}

func (c *paho3) unsubscribe(ctx context.Context, filter string) error {
	return finished(ctx, c.client.Unsubscribe(filter))
}

func (c *paho3) publish(ctx context.Context, messages []message) error {
	var tokens []mqtt.Token
	for _, m := range messages {
		tokens = append(tokens, c.client.Publish(m.Topic, m.QoS, m.Retain, m.Payload))
	}
	var errs []error
	for _, token := range tokens {
		errs = append(errs, finished(ctx, token))
	}
	return errors.Join(errs...)
}

func (c *paho3) disconnect(context.Context) error {
	c.client.Disconnect(uint(patience.Milliseconds())) // an upper bound: it returns when DISCONNECT is written
	c.in.close(0)
	return awaitEnd(c.net)
}

// drop notes the end itself: paho does not report one that it finds to be its own.
func (c *paho3) drop() error {
	c.in.close(0)
	return c.net.Close()
}
