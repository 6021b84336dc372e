package admin

// New makes the table of the commands that concern one node. Those of plugins and of the cluster are added by whoever starts these.
func New(o Options) *Commands {
	t := &Commands{options: o}
	// This is the order of the help of vmq-admin.
	t.Add(Group{Path: "node", Summary: "Manage this node"}, t.nodeCommands()...)
	t.Add(Group{Path: "cluster", Summary: "Manage the nodes of the cluster"}, t.clusterCommands()...)
	t.Add(Group{Path: "session", Summary: "Retrieve session information"}, t.sessionCommands()...)
	t.Add(Group{Path: "retain", Summary: "Show and delete retained messages"}, t.retainCommands()...)
	if o.Plugins != nil {
		t.Add(Group{Path: "plugin", Summary: "Manage plugins"}, t.pluginCommands()...)
	}
	t.Add(Group{Path: "listener", Summary: "Manage listeners"}, t.listenerCommands()...)
	t.Add(Group{Path: "metrics", Summary: "Retrieve metrics"}, t.metricsCommands()...)
	if o.Keys != nil {
		t.Add(Group{Path: "api-key", Summary: "Create and manage API keys for the HTTP interface"}, t.keyCommands()...)
	}
	if o.Trace != nil {
		t.Add(Group{Path: "trace", Summary: "Trace clients"}, t.traceCommands()...)
	}
	t.Add(Group{Path: "tls", Summary: "Show and reload certificates"}, t.tlsCommands()...)
	if o.Logs != nil {
		t.Add(Group{Path: "log", Summary: "Show and change log levels"}, t.logCommands()...)
	}
	if o.Settings != nil {
		t.Add(Group{Path: "config", Summary: "Show and take back changes of settings", Hidden: true}, t.configCommands()...)
		t.Add(Group{Path: wordSet, Hidden: true}, t.setCommand())
		t.Add(Group{Path: wordShow, Hidden: true}, t.showCommand())
		t.Add(Group{Path: wordDescribe, Hidden: true}, t.describeCommand())
	}
	return t
}
