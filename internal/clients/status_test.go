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
	page.until("charts have lines", `[...document.querySelectorAll("svg.chart")].every((c) => c.querySelector("path.line")) && document.querySelectorAll("svg.chart").length === 4`)

	page.evaluate(`{
		const chart = document.querySelector("#chart-messages svg"), box = chart.getBoundingClientRect();
		chart.dispatchEvent(new PointerEvent("pointermove", { clientX: box.right - 40, clientY: box.top + 20 }));
	}`)
	page.until("the pointer shows a time", `document.querySelector("#chart-messages .cursor") && document.querySelector("#chart-messages .legend").title`)

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
