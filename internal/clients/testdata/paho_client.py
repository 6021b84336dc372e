"""Connections of paho-mqtt, driven by JSON lines on standard input.

Each line is a command {"conn": NAME, "op": ..., ...}. Each command is answered by one line
{"conn": NAME, "ev": "reply", ...} or {"conn": NAME, "ev": "reply", "error": TEXT}; what happens on its own is
{"conn": NAME, "ev": "message" | "closed", ...}. Payloads are base64. Runs with paho-mqtt 1.6 and 2.
"""

import base64
import json
import queue
import socket
import sys
import threading
import warnings

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

warnings.filterwarnings("ignore", category=DeprecationWarning)

VERSIONS = {3: mqtt.MQTTv31, 4: mqtt.MQTTv311, 5: mqtt.MQTTv5}

_output = threading.Lock()


def emit(**event):
    """Writes one event; callbacks come from many threads."""
    line = json.dumps(event)
    with _output:
        print(line, flush=True)


def code_of(rc):
    """The number of a reason code, which paho gives as an object for MQTT 5 and as an int otherwise."""
    return getattr(rc, "value", rc)


def publish_properties(m, packet=PacketTypes.PUBLISH):
    """The MQTT 5 properties of a message, or None where there are none."""
    p = Properties(packet)
    if m.get("expiry"):
        p.MessageExpiryInterval = m["expiry"]
    if m.get("contentType"):
        p.ContentType = m["contentType"]
    if m.get("responseTopic"):
        p.ResponseTopic = m["responseTopic"]
    if m.get("correlation"):
        p.CorrelationData = base64.b64decode(m["correlation"])
    if m.get("alias"):
        p.TopicAlias = m["alias"]
    for key, value in m.get("user") or []:
        p.UserProperty = (key, value)  # assigning adds one pair
    return None if p.isEmpty() else p


class Connection:
    """One client; its commands run one after the other in a thread of their own."""

    def __init__(self, name):
        self.name = name
        self.commands = queue.Queue()
        self.answers = queue.Queue()  # what callbacks report to the command that waits
        self.client = None
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            command = self.commands.get()
            try:
                reply = getattr(self, "do_" + command["op"])(command) or {}
            except Exception as e:  # the test prints it
                reply = {"error": "%s: %s" % (type(e).__name__, e)}
            emit(conn=self.name, ev="reply", **reply)

    def do_connect(self, c):
        version = VERSIONS[c["version"]]
        args = {"client_id": c["id"], "protocol": version}
        if version != mqtt.MQTTv5:
            args["clean_session"] = c["clean"]
        if hasattr(mqtt, "CallbackAPIVersion"):
            args["callback_api_version"] = mqtt.CallbackAPIVersion.VERSION1
        self.client = client = mqtt.Client(**args)
        client.on_connect = lambda cl, u, flags, rc, props=None: self.answers.put((flags, rc, props))
        client.on_subscribe = lambda cl, u, mid, granted, props=None: self.answers.put(granted)
        client.on_unsubscribe = lambda cl, u, mid, *rest: self.answers.put(rest)
        client.on_message = self.on_message
        client.on_disconnect = self.on_disconnect
        will = c.get("will")
        if will:
            props = publish_properties(will, PacketTypes.WILLMESSAGE) if version == mqtt.MQTTv5 else None
            payload = base64.b64decode(will["payload"])
            client.will_set(will["topic"], payload, will["qos"], will["retain"], properties=props)

        more = {}
        if version == mqtt.MQTTv5:
            p = Properties(PacketTypes.CONNECT)
            if c.get("sessionExpiry"):
                p.SessionExpiryInterval = c["sessionExpiry"]
            if c.get("aliasMax"):
                p.TopicAliasMaximum = c["aliasMax"]
            more = {"clean_start": c["clean"], "properties": p}
        client.connect(c["host"], c["port"], keepalive=c["keepAlive"], **more)
        client.loop_start()
        flags, rc, props = self.answers.get()
        reply = {"code": code_of(rc), "present": bool(flags["session present"])}
        reply["aliasMax"] = getattr(props, "TopicAliasMaximum", 0)
        return reply

    def do_subscribe(self, c):
        if c["version"] == 5:
            options = SubscribeOptions(
                qos=c["qos"],
                noLocal=c["noLocal"],
                retainAsPublished=c["retainAsPublished"],
                retainHandling=c["retainHandling"],
            )
            p = None
            if c.get("subscriptionId"):
                p = Properties(PacketTypes.SUBSCRIBE)
                p.SubscriptionIdentifier = c["subscriptionId"]
            self.client.subscribe(c["filter"], options=options, properties=p)
        else:
            self.client.subscribe(c["filter"], qos=c["qos"])
        return {"code": code_of(self.answers.get()[0])}

    def do_unsubscribe(self, c):
        self.client.unsubscribe(c["filter"])
        self.answers.get()

    def do_publish(self, c):
        infos = []
        for m in c["messages"]:
            props = publish_properties(m) if c["version"] == 5 else None
            payload = base64.b64decode(m["payload"])
            infos.append(self.client.publish(m["topic"], payload, m["qos"], m["retain"], properties=props))
        for info in infos:
            info.wait_for_publish()

    def do_disconnect(self, c):
        self.client.disconnect()
        self.client.loop_stop()

    def do_drop(self, c):
        self.client.socket().shutdown(socket.SHUT_RDWR)

    def on_message(self, client, userdata, m):
        event = {
            "topic": m.topic,
            "payload": base64.b64encode(m.payload).decode(),
            "qos": m.qos,
            "retain": bool(m.retain),
            "dup": bool(m.dup),
        }
        p = getattr(m, "properties", None)
        if p is not None:
            event["user"] = [list(pair) for pair in getattr(p, "UserProperty", [])]
            event["subscriptionIds"] = getattr(p, "SubscriptionIdentifier", [])
            event["expiry"] = getattr(p, "MessageExpiryInterval", 0)
            event["contentType"] = getattr(p, "ContentType", "")
            event["responseTopic"] = getattr(p, "ResponseTopic", "")
            event["correlation"] = base64.b64encode(getattr(p, "CorrelationData", b"")).decode()
        emit(conn=self.name, ev="message", message=event)

    def on_disconnect(self, client, userdata, rc, properties=None):
        client.loop_stop()  # otherwise paho connects again by itself
        # Where the broker sent DISCONNECT rc is its reason code, otherwise an int that is paho's own.
        emit(conn=self.name, ev="closed", code=getattr(rc, "value", 0))


def main():
    connections = {}
    for line in sys.stdin:
        command = json.loads(line)
        name = command["conn"]
        if name not in connections:
            connections[name] = Connection(name)
        connections[name].commands.put(command)


main()
