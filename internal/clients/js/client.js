// Connections of mqtt.js, driven by JSON lines on standard input.
//
// Each line is a command {"conn": NAME, "op": ..., ...}. Each command is answered by one line
// {"conn": NAME, "ev": "reply", ...} or {"conn": NAME, "ev": "reply", "error": TEXT}; what happens on its own is
// {"conn": NAME, "ev": "message" | "closed", ...}. Payloads are base64.
'use strict'

const mqtt = require('mqtt')
const readline = require('readline')

const connections = new Map()

function emit(event) {
  process.stdout.write(JSON.stringify(event) + '\n')
}

// publishProperties are the MQTT 5 properties of a message, or undefined where there are none.
function publishProperties(m) {
  const p = {}
  if (m.expiry) p.messageExpiryInterval = m.expiry
  if (m.contentType) p.contentType = m.contentType
  if (m.responseTopic) p.responseTopic = m.responseTopic
  if (m.correlation) p.correlationData = Buffer.from(m.correlation, 'base64')
  if (m.alias) p.topicAlias = m.alias
  for (const [key, value] of m.user || []) {
    // mqtt.js takes an object; a key that occurs twice has an array of values.
    p.userProperties = p.userProperties || {}
    const before = p.userProperties[key]
    p.userProperties[key] = before === undefined ? value : [].concat(before, value)
  }
  return Object.keys(p).length ? p : undefined
}

// asMessage turns a PUBLISH of mqtt.js into the form that the tests read.
function asMessage(topic, payload, packet) {
  const p = packet.properties || {}
  const user = []
  for (const [key, value] of Object.entries(p.userProperties || {})) {
    for (const v of [].concat(value)) user.push([key, v])
  }
  return {
    topic,
    payload: payload.toString('base64'),
    qos: packet.qos,
    retain: packet.retain,
    dup: packet.dup,
    user,
    subscriptionIds: p.subscriptionIdentifier === undefined ? [] : [].concat(p.subscriptionIdentifier),
    expiry: p.messageExpiryInterval || 0,
    contentType: p.contentType || '',
    responseTopic: p.responseTopic || '',
    correlation: p.correlationData ? p.correlationData.toString('base64') : ''
  }
}

const operations = {
  connect(c) {
    const options = {
      host: c.host,
      port: c.port,
      protocol: c.protocol,
      path: '/mqtt', // of WebSocket
      protocolVersion: c.version,
      protocolId: c.version === 3 ? 'MQIsdp' : 'MQTT',
      clientId: c.id,
      clean: c.clean,
      keepalive: c.keepAlive,
      reconnectPeriod: 0,
      resubscribe: false
    }
    if (c.version === 5) {
      options.properties = {}
      if (c.sessionExpiry) options.properties.sessionExpiryInterval = c.sessionExpiry
      if (c.aliasMax) options.properties.topicAliasMaximum = c.aliasMax
    }
    if (c.will) {
      const { topic, payload, qos, retain } = c.will
      options.will = { topic, payload: Buffer.from(payload, 'base64'), qos, retain }
    }
    return new Promise((resolve, reject) => {
      const client = mqtt.connect(options)
      let code = 0
      connections.set(c.conn, client)
      client.on('message', (topic, payload, packet) => {
        emit({ conn: c.conn, ev: 'message', message: asMessage(topic, payload, packet) })
      })
      client.on('disconnect', (packet) => { code = packet.reasonCode || 0 })
      client.on('close', () => emit({ conn: c.conn, ev: 'closed', code }))
      client.on('error', reject)
      client.on('connect', (packet) => {
        const properties = packet.properties || {}
        resolve({ code: 0, present: packet.sessionPresent, aliasMax: properties.topicAliasMaximum || 0 })
      })
    })
  },

  async subscribe(c) {
    const options = { qos: c.qos }
    if (c.version === 5) {
      options.nl = c.noLocal
      options.rap = c.retainAsPublished
      options.rh = c.retainHandling
      if (c.subscriptionId) options.properties = { subscriptionIdentifier: c.subscriptionId }
    }
    const granted = await connections.get(c.conn).subscribeAsync(c.filter, options)
    return { code: granted[0].qos }
  },

  async unsubscribe(c) {
    await connections.get(c.conn).unsubscribeAsync(c.filter)
  },

  async publish(c) {
    const client = connections.get(c.conn)
    await Promise.all(c.messages.map((m) => {
      const options = { qos: m.qos, retain: m.retain }
      const properties = c.version === 5 && publishProperties(m)
      if (properties) options.properties = properties
      return client.publishAsync(m.topic, Buffer.from(m.payload, 'base64'), options)
    }))
  },

  async disconnect(c) {
    await connections.get(c.conn).endAsync()
  },

  drop(c) {
    connections.get(c.conn).stream.destroy()
  }
}

// busy holds, for each connection, the end of its last command: commands of one connection run one after the other.
const busy = new Map()

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const c = JSON.parse(line)
  const before = busy.get(c.conn) || Promise.resolve()
  busy.set(c.conn, before.then(() => operations[c.op](c)).then(
    (reply) => emit({ conn: c.conn, ev: 'reply', ...reply }),
    (e) => emit({ conn: c.conn, ev: 'reply', error: String(e) })
  ))
}).on('close', () => process.exit(0))
