package clients

import (
	"context"
	"fmt"
	"net"
	"sync"

	"github.com/eclipse/paho.golang/paho"
	"github.com/eclipse/paho.golang/paho/session"
	"github.com/eclipse/paho.golang/paho/session/state"
)

// paho5 is a connection of paho for Go, whose second generation speaks MQTT 5.
type paho5 struct {
	client *paho.Client
	net    *net.TCPConn
	in     *inbox
}

// paho5Sessions are the client's halves of kept sessions, by client id: paho wants the one that it had before.
var paho5Sessions sync.Map

func connectPaho5(ctx context.Context, _ kind, o options, in *inbox) (client, connack, error) {
	network, err := dialTCP()
	if err != nil {
		return nil, connack{}, err
	}
	kept, _ := paho5Sessions.LoadOrStore(o.ID, state.NewInMemory())
	c := &paho5{net: network, in: in}
	c.client = paho.NewClient(paho.ClientConfig{
		ClientID: o.ID,
		Conn:     lingering{network},
		Session:  kept.(session.SessionManager),
		OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(r paho.PublishReceived) (bool, error) {
			in.put(fromPaho5(r.Packet))
			return true, nil
		}},
		OnServerDisconnect: func(d *paho.Disconnect) { in.close(int(d.ReasonCode)) },
		OnClientError:      func(error) { in.close(0) },
	})
	cp := &paho.Connect{ClientID: o.ID, CleanStart: !o.Keep, KeepAlive: 60, Properties: &paho.ConnectProperties{}}
	if o.SessionExpiry != 0 {
		cp.Properties.SessionExpiryInterval = &o.SessionExpiry
	}
	if w := o.Will; w != nil {
		cp.WillMessage = &paho.WillMessage{Topic: w.Topic, Payload: w.Payload, QoS: w.QoS, Retain: w.Retain}
	}
	ack, err := c.client.Connect(ctx, cp)
	if err != nil {
		if ack != nil {
			err = fmt.Errorf("CONNACK with code %d: %w", ack.ReasonCode, err)
		}
		return nil, connack{}, err
	}
	answer := connack{Present: ack.SessionPresent}
	if ack.Properties != nil && ack.Properties.TopicAliasMaximum != nil {
		answer.AliasMax = *ack.Properties.TopicAliasMaximum
	}
	return c, answer, nil
}

// fromPaho5 copies a received PUBLISH.
func fromPaho5(p *paho.Publish) message {
	m := message{Topic: p.Topic, Payload: p.Payload, QoS: p.QoS, Retain: p.Retain}
	if props := p.Properties; props != nil {
		if props.MessageExpiry != nil {
			m.Expiry = *props.MessageExpiry
		}
		if props.SubscriptionIdentifier != nil {
			m.SubscriptionIDs = []int{*props.SubscriptionIdentifier}
		}
		for _, u := range props.User {
			m.User = append(m.User, [2]string{u.Key, u.Value})
		}
		m.ContentType, m.ResponseTopic, m.Correlation = props.ContentType, props.ResponseTopic, props.CorrelationData
	}
	return m
}

// toPaho5 is the reverse.
func toPaho5(m message) *paho.Publish {
	props := &paho.PublishProperties{ContentType: m.ContentType, ResponseTopic: m.ResponseTopic, CorrelationData: m.Correlation}
	if m.Expiry != 0 {
		props.MessageExpiry = &m.Expiry
	}
	if m.Alias != 0 {
		props.TopicAlias = &m.Alias
	}
	for _, pair := range m.User {
		props.User.Add(pair[0], pair[1])
	}
	return &paho.Publish{Topic: m.Topic, Payload: m.Payload, QoS: m.QoS, Retain: m.Retain, Properties: props}
}

func (c *paho5) subscribe(ctx context.Context, s subscription) (byte, error) {
	req := &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: s.Filter, QoS: s.QoS, NoLocal: s.NoLocal,
		RetainAsPublished: s.RetainAsPublished, RetainHandling: s.RetainHandling}}}
	if s.ID != 0 {
		req.Properties = &paho.SubscribeProperties{SubscriptionIdentifier: &s.ID}
	}
	ack, err := c.client.Subscribe(ctx, req)
	if ack != nil && len(ack.Reasons) == 1 {
		return ack.Reasons[0], nil // paho makes an error of a refusal, here it is an answer
	}
	return 0, err
}

func (c *paho5) unsubscribe(ctx context.Context, filter string) error {
	_, err := c.client.Unsubscribe(ctx, &paho.Unsubscribe{Topics: []string{filter}})
	return err
}

// publish waits for each acknowledgement before it sends the next message, as paho's Publish does.
func (c *paho5) publish(ctx context.Context, messages []message) error {
	for _, m := range messages {
		if _, err := c.client.Publish(ctx, toPaho5(m)); err != nil {
			return err
		}
	}
	return nil
}

func (c *paho5) disconnect(context.Context) error {
	err := c.client.Disconnect(&paho.Disconnect{})
	c.in.close(0)
	if err != nil {
		return err
	}
	return awaitEnd(c.net)
}

func (c *paho5) drop() error {
	c.in.close(0)
	return c.net.Close()
}
