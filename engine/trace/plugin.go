package trace

import (
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
)

// question adds the call of a hook with what the plugins are asked.
func (e *event) question(name hook.Name, arg any) {
	e.open(string(name))
	switch in := arg.(type) {
	case *hook.Register:
		if in.Client.Peer.IsValid() {
			e.field("peer", "%s", in.Client.Peer)
		} else {
			e.field("peer", "unix")
		}
		e.credentials([]byte(in.Client.Username), in.Client.HasUsername, in.HasPassword)
		e.flag("clean", in.CleanStart)
		e.close()
		e.properties("properties", in.Props)
	case *hook.Publish:
		e.who(in.Client)
		e.field("qos", "%d", in.QoS)
		e.field("topic", "%q", in.Topic)
		e.flag("retain", in.Retain)
		e.close()
		e.payload("payload", in.Payload)
		e.properties("properties", in.Props)
	case *hook.Subscribe:
		e.who(in.Client)
		e.close()
		e.list(len(in.Subscriptions), func(i int) {
			e.detail("qos: %d, filter: %q", in.Subscriptions[i].QoS, in.Subscriptions[i].Filter)
		})
		e.properties("properties", in.Props)
	case *hook.Auth:
		e.code(in.Code, codec.AUTH)
		e.field("method", "%q", in.Method)
		e.close()
	default:
		e.close()
	}
}

func (e *event) who(c *hook.Identity) {
	if c.HasUsername {
		e.field("user", "%q", c.Username)
	} else {
		e.field("user", "undefined")
	}
}

// answer adds what the plugins decided: accepted, accepted with changes, or the refusal.
func (e *event) answer(name hook.Name, result any, err error) {
	e.printf("%s: ", name)
	if err != nil {
		e.printf("refused, %v", err)
		return
	}
	changes := e.changes(result)
	if len(changes) == 0 {
		e.printf("accepted")
		return
	}
	e.printf("accepted with changes")
	for _, c := range changes {
		e.detail("%s", c)
	}
}

// changes lists the fields of a plugin's answer that say something, one a line, under the names that scripts and web servers use.
func (e *event) changes(result any) (lines []string) {
	v := reflect.ValueOf(result)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return nil
	}
	v = v.Elem()
	for i := range v.NumField() {
		name, field := snakeCase(v.Type().Field(i).Name), v.Field(i)
		if field.IsZero() {
			continue
		}
		value := field.Interface()
		if field.Kind() == reflect.Struct { // hook.Opt
			if set := field.FieldByName("Set"); set.IsValid() && set.Kind() == reflect.Bool {
				value = field.FieldByName("Value").Interface()
			}
		}
		lines = append(lines, name+": "+e.change(name, value))
	}
	return lines
}

// change is the value of one changed field.
func (e *event) change(name string, value any) string {
	switch x := value.(type) {
	case time.Duration:
		return fmt.Sprintf("%d ms", x.Milliseconds())
	case []byte:
		if name == "data" { // of an authentication
			return fmt.Sprintf("(%d bytes)", len(x))
		}
		var line event
		line.trunc = e.trunc
		line.payload("", x)
		return strings.TrimPrefix(line.String(), "\n    : ")
	case *codec.Properties:
		return strings.Trim(x.String(), "{}")
	case *hook.SubscriberID:
		return fmt.Sprintf("mountpoint %q, client_id %q", x.Mountpoint, x.ClientID)
	case []hook.Subscription:
		return subscriptions(x)
	case map[string]string: // claims, which may hold a token
		return fmt.Sprintf("%d", len(x))
	case string:
		return fmt.Sprintf("%q", x)
	}
	switch name {
	case "max_message_rate":
		return fmt.Sprintf("%v msgs/s", value)
	case "max_message_size":
		return fmt.Sprintf("%v bytes", value)
	}
	return fmt.Sprint(value)
}

func subscriptions(all []hook.Subscription) string {
	var words []string
	for i := range all[:min(len(all), listMax)] {
		s := &all[i]
		word := fmt.Sprintf("%q qos %d", s.Filter, s.QoS)
		if s.Refused != 0 {
			word = fmt.Sprintf("%q refused, %s", s.Filter, codeText(s.Refused, codec.SUBACK))
		}
		words = append(words, word)
	}
	if len(all) > listMax {
		words = append(words, "…")
	}
	return strings.Join(words, "; ")
}

// snakeCase turns MaxMessageRate into max_message_rate. A run of capitals is one word, as is QoS.
func snakeCase(name string) string {
	name = strings.ReplaceAll(name, "QoS", "Qos")
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		after := i+1 < len(runes) && unicode.IsLower(runes[i+1])
		if unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || after) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
