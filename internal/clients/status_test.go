package clients

import (
	"fmt"
	"strconv"
	"testing"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// TestStatusPage looks at the status page as an operator does: at figures, charts, queues and listeners, at both themes, and on a
// telephone.
func TestStatusPage(t *testing.T) {
	if brokerHTTP == "" {
		return // a given broker need not have one
	}
	id, topic := newID(), newTopic()
	leaveMessages(t, id, topic, 40)

	page := openTab(t)
	page.open("http://" + brokerHTTP + "/status")
	page.until("the node has a name", `document.getElementById("node").textContent === "VerneMQ@127.0.0.1"`)
	page.until("it says how it is", `["healthy", "needs a look", "not healthy"].includes(document.getElementById("health").textContent)`)
	page.until("it names what is wrong, or that nothing is", `document.querySelectorAll("#problems li").length > 0`)
	for _, kind := range []string{"mqtt", "mqttws", "mqttwss", "http"} {
		page.until("listeners are there", fmt.Sprintf(
			`[...document.querySelectorAll("#listeners tbody tr")].some((r) => r.cells[0].textContent === %q && r.cells[2].textContent === "running")`, kind))
	}
	page.until("the client with messages is there", fmt.Sprintf(
		`[...document.querySelectorAll("#queues tbody tr")].some((r) => r.cells[0].textContent === %q && r.cells[1].textContent === "offline" && r.cells[2].textContent === "40")`, id))
	page.until("messages that wait are counted", `Number(document.getElementById("waiting").textContent.replace(/\D/g, "")) >= 40`)
	page.until("charts have values", `[...document.querySelectorAll("svg.chart")].every((c) => c.querySelector("path.line")) && document.querySelectorAll("svg.chart").length === 6`)

	page.evaluate(`{
		const chart = document.querySelector("#chart-messages svg"), box = chart.getBoundingClientRect();
		chart.dispatchEvent(new PointerEvent("pointermove", { clientX: box.right - 40, clientY: box.top + 20 }));
	}`)
	const oneTime = `document.querySelectorAll("svg.chart .cursor").length === 6 && new Set([...document.querySelectorAll("svg.chart .chosen")].map((e) => e.textContent)).size === 1`
	page.until("the pointer shows a time, in all charts", oneTime)
	page.evaluate(`document.querySelector("#chart-messages svg").dispatchEvent(new PointerEvent("pointerleave"))`)
	page.until("it is gone with the pointer", `!document.querySelector("svg.chart .cursor")`)
	press := func(key string) {
		page.evaluate(`document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "` + key + `", bubbles: true, cancelable: true }))`)
	}
	page.evaluate(`document.querySelector("#chart-bytes svg").focus()`)
	press("Home")
	page.until("the keyboard chooses the first time", oneTime+` && document.querySelector("#chart-bytes svg").ariaLabel.startsWith("Bytes per second at ")`)
	press("Escape")
	page.until("and leaves it", `!document.querySelector("svg.chart .cursor") && document.querySelector("#chart-bytes svg").ariaLabel.startsWith("Bytes per second: in ")`)

	const color = `getComputedStyle(document.body).backgroundColor`
	before := page.evaluate(color)
	page.evaluate(`document.getElementById("theme").click()`)
	if after := page.evaluate(color); after == before {
		t.Errorf("the button changes nothing: %s", after)
	}
	page.evaluate(`location.reload()`)
	page.until("the choice lasts", fmt.Sprintf(`%s !== %q && document.getElementById("node").textContent.includes("@")`, color, before))

	for _, width := range []int{390, 1280} {
		page.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}, nil)
		page.until("nothing is wider than the screen", fmt.Sprintf(`innerWidth === %d && document.documentElement.scrollWidth <= %[1]d`, width))
	}
	for _, c := range page.complaints {
		t.Errorf("the browser complains: %s", c)
	}
}

// TestStatusPageWords proves what the page calls wrong, and in which words.
func TestStatusPageWords(t *testing.T) {
	if brokerHTTP == "" {
		return // a given broker need not have one
	}
	page := openTab(t)
	page.open("http://" + brokerHTTP + "/status")
	page.until("the page is there", `document.getElementById("node").textContent.includes("@")`)
	page.evaluate(`import("/status/words.js").then((m) => { window.words = (now, points = []) => m.conditions({
		unhealthy: [], disk: "", members: [], listeners: [{ name: "tcp.a", type: "mqtt", status: "running", conns: 1, max_conns: 2 }], cores: 2, ...now,
	}, points).map((c) => c.level + ": " + c.text + (c.detail ?? "")).join(" | "); })`)
	page.until("its words are there", `window.words`)
	for _, x := range []struct{ why, now, points, want string }{
		{"all is well", `{}`, `[]`, ``},
		{"a listener that was stopped is named once", `{ unhealthy: ["Listeners are not ready: mqtt"], listeners: [{ name: "tcp.a", type: "mqtt", status: "suspended" }] }`, `[]`,
			`error: Listener tcp.a was stopped: it serves the clients it has and lets nobody in. vmq-admin listener restart opens it again.`},
		{"a node that stops", `{ unhealthy: ["The node is shutting down"] }`, `[]`, `error: The node is shutting down.`},
		{"a disk that fails", `{ disk: "no space left" }`, `[]`,
			`error: The disk fails. Nothing is acknowledged that has to be stored, and publishers of such messages wait.no space left`},
		{"a node that is away", `{ members: [{ name: "b@h", up: false }] }`, `[]`, `error: Node b@h cannot be reached from here.`},
		{"no listener", `{ listeners: [] }`, `[]`, `error: No MQTT listener is there, so no client can connect.`},
		{"a full listener", `{ listeners: [{ name: "tcp.a", type: "mqtt", status: "running", conns: 2, max_conns: 2 }] }`, `[]`,
			`warning: Listener tcp.a is full: it serves 2 connections, and more clients wait until one leaves (max_connections).`},
		{"a busy broker", `{}`, `[{ dropped: 0, cpu: 1.9 }]`, `warning: The broker uses 1.9 of 2 cores: it is at its limit.`},
	} {
		page.until(x.why, fmt.Sprintf("words(%s, %s) === %q", x.now, x.points, x.want))
	}
}

// TestStatusPageWantsKey proves that a page behind a key asks for it, and says so when it is the wrong one.
func TestStatusPageWantsKey(t *testing.T) {
	if brokerKeyed == "" {
		return // a given broker need not have one
	}
	page := openTab(t)
	page.open("http://" + brokerKeyed + "/status")
	page.until("it asks for a key", `!document.getElementById("login").hidden && document.getElementById("content").hidden && document.getElementById("refused").hidden`)
	page.evaluate(`{ document.getElementById("key").value = "wrong"; document.querySelector("#login button").click(); }`)
	page.until("the key is refused", `!document.getElementById("login").hidden && !document.getElementById("refused").hidden`)
}

// leaveMessages stores n messages for a client that is away.
func leaveMessages(t *testing.T, id, topic string, n int) {
	t.Helper()
	options := func(id string) *mqtt.ClientOptions {
		return mqtt.NewClientOptions().AddBroker("tcp://" + brokerHost + ":" + brokerPort).SetClientID(id).SetAutoReconnect(false)
	}
	done := func(token mqtt.Token) {
		t.Helper()
		if !token.WaitTimeout(patience) || token.Error() != nil {
			t.Fatalf("MQTT: %v", token.Error())
		}
	}
	away := mqtt.NewClient(options(id).SetCleanSession(false))
	done(away.Connect())
	done(away.Subscribe(topic, 1, nil))
	away.Disconnect(100)
	sender := mqtt.NewClient(options(newID()))
	done(sender.Connect())
	defer sender.Disconnect(0)
	for i := range n {
		done(sender.Publish(topic, 1, false, strconv.Itoa(i)))
	}
}
