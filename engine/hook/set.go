package hook

import "slices"

// Plugin is something that implements hooks, under the name by which operators know it.
type Plugin struct {
	Name string
	Impl any
}

// Entry is a plugin in the chain of one hook.
type Entry[H any] struct {
	Plugin string
	Hook   H
}

// Set holds the chain of each hook, in the order in which plugins are called. It does not change: enabling or disabling a plugin
// makes another Set and puts that in force, so that nobody who calls a hook takes a lock.
//
// Without plugins at all, which is a nil *Set, nobody is asked about publishing and subscribing. A Set without plugins refuses both,
// as a broker does whose plugins are all disabled.
type Set struct {
	plugins []Plugin

	AuthOnRegister      []Entry[AuthOnRegister]
	AuthOnRegisterM5    []Entry[AuthOnRegisterM5]
	AuthOnPublish       []Entry[AuthOnPublish]
	AuthOnPublishM5     []Entry[AuthOnPublishM5]
	AuthOnSubscribe     []Entry[AuthOnSubscribe]
	AuthOnSubscribeM5   []Entry[AuthOnSubscribeM5]
	OnRegister          []Entry[OnRegister]
	OnRegisterM5        []Entry[OnRegisterM5]
	OnAuthM5            []Entry[OnAuthM5]
	OnPublish           []Entry[OnPublish]
	OnPublishM5         []Entry[OnPublishM5]
	OnSubscribe         []Entry[OnSubscribe]
	OnSubscribeM5       []Entry[OnSubscribeM5]
	OnUnsubscribe       []Entry[OnUnsubscribe]
	OnUnsubscribeM5     []Entry[OnUnsubscribeM5]
	OnDeliver           []Entry[OnDeliver]
	OnDeliverM5         []Entry[OnDeliverM5]
	OnOfflineMessage    []Entry[OnOfflineMessage]
	OnClientWakeup      []Entry[OnClientWakeup]
	OnClientOffline     []Entry[OnClientOffline]
	OnClientGone        []Entry[OnClientGone]
	OnSessionExpired    []Entry[OnSessionExpired]
	OnMessageDrop       []Entry[OnMessageDrop]
	OnTopicUnsubscribed []Entry[OnTopicUnsubscribed]
	OnConfigChange      []Entry[OnConfigChange]
}

// New makes the chains of plugins that are called in this order.
func New(plugins ...Plugin) *Set {
	s := &Set{plugins: slices.Clone(plugins)}
	for _, p := range s.plugins {
		for _, row := range rows {
			row.add(s, p)
		}
	}
	return s
}

// Plugins are the ones that New was given; the slice must not be changed.
func (s *Set) Plugins() []Plugin {
	if s == nil {
		return nil
	}
	return s.plugins
}

// Select returns the chains for a listener that names its plugins: auth for auth_on_register and on_auth_m5, authz for
// auth_on_publish and auth_on_subscribe, called in the order of the names. An empty list leaves the chains as they are.
func (s *Set) Select(auth, authz []string) *Set {
	if s == nil || len(auth) == 0 && len(authz) == 0 {
		return s
	}
	t := *s
	if len(auth) > 0 {
		t.AuthOnRegister = pick(s.AuthOnRegister, auth)
		t.AuthOnRegisterM5 = pick(s.AuthOnRegisterM5, auth)
		t.OnAuthM5 = pick(s.OnAuthM5, auth)
	}
	if len(authz) > 0 {
		t.AuthOnPublish = pick(s.AuthOnPublish, authz)
		t.AuthOnPublishM5 = pick(s.AuthOnPublishM5, authz)
		t.AuthOnSubscribe = pick(s.AuthOnSubscribe, authz)
		t.AuthOnSubscribeM5 = pick(s.AuthOnSubscribeM5, authz)
	}
	return &t
}

func pick[H any](all []Entry[H], names []string) []Entry[H] {
	var chosen []Entry[H]
	for _, name := range names {
		for _, e := range all {
			if e.Plugin == name {
				chosen = append(chosen, e)
			}
		}
	}
	return chosen
}

// row is one hook: its name, how a plugin gets into its chain, and whether one implements it.
type row struct {
	name Name
	add  func(*Set, Plugin)
	has  func(any) bool
}

func rowOf[H any](name Name, chain func(*Set) *[]Entry[H]) row {
	return row{
		name: name,
		add: func(s *Set, p Plugin) {
			if h, ok := p.Impl.(H); ok {
				c := chain(s)
				*c = append(*c, Entry[H]{p.Name, h})
			}
		},
		has: func(impl any) bool { _, ok := impl.(H); return ok },
	}
}

var rows = []row{
	rowOf(AuthOnRegisterName, func(s *Set) *[]Entry[AuthOnRegister] { return &s.AuthOnRegister }),
	rowOf(AuthOnRegisterM5Name, func(s *Set) *[]Entry[AuthOnRegisterM5] { return &s.AuthOnRegisterM5 }),
	rowOf(AuthOnPublishName, func(s *Set) *[]Entry[AuthOnPublish] { return &s.AuthOnPublish }),
	rowOf(AuthOnPublishM5Name, func(s *Set) *[]Entry[AuthOnPublishM5] { return &s.AuthOnPublishM5 }),
	rowOf(AuthOnSubscribeName, func(s *Set) *[]Entry[AuthOnSubscribe] { return &s.AuthOnSubscribe }),
	rowOf(AuthOnSubscribeM5Name, func(s *Set) *[]Entry[AuthOnSubscribeM5] { return &s.AuthOnSubscribeM5 }),
	rowOf(OnRegisterName, func(s *Set) *[]Entry[OnRegister] { return &s.OnRegister }),
	rowOf(OnRegisterM5Name, func(s *Set) *[]Entry[OnRegisterM5] { return &s.OnRegisterM5 }),
	rowOf(OnAuthM5Name, func(s *Set) *[]Entry[OnAuthM5] { return &s.OnAuthM5 }),
	rowOf(OnPublishName, func(s *Set) *[]Entry[OnPublish] { return &s.OnPublish }),
	rowOf(OnPublishM5Name, func(s *Set) *[]Entry[OnPublishM5] { return &s.OnPublishM5 }),
	rowOf(OnSubscribeName, func(s *Set) *[]Entry[OnSubscribe] { return &s.OnSubscribe }),
	rowOf(OnSubscribeM5Name, func(s *Set) *[]Entry[OnSubscribeM5] { return &s.OnSubscribeM5 }),
	rowOf(OnUnsubscribeName, func(s *Set) *[]Entry[OnUnsubscribe] { return &s.OnUnsubscribe }),
	rowOf(OnUnsubscribeM5Name, func(s *Set) *[]Entry[OnUnsubscribeM5] { return &s.OnUnsubscribeM5 }),
	rowOf(OnDeliverName, func(s *Set) *[]Entry[OnDeliver] { return &s.OnDeliver }),
	rowOf(OnDeliverM5Name, func(s *Set) *[]Entry[OnDeliverM5] { return &s.OnDeliverM5 }),
	rowOf(OnOfflineMessageName, func(s *Set) *[]Entry[OnOfflineMessage] { return &s.OnOfflineMessage }),
	rowOf(OnClientWakeupName, func(s *Set) *[]Entry[OnClientWakeup] { return &s.OnClientWakeup }),
	rowOf(OnClientOfflineName, func(s *Set) *[]Entry[OnClientOffline] { return &s.OnClientOffline }),
	rowOf(OnClientGoneName, func(s *Set) *[]Entry[OnClientGone] { return &s.OnClientGone }),
	rowOf(OnSessionExpiredName, func(s *Set) *[]Entry[OnSessionExpired] { return &s.OnSessionExpired }),
	rowOf(OnMessageDropName, func(s *Set) *[]Entry[OnMessageDrop] { return &s.OnMessageDrop }),
	rowOf(OnTopicUnsubscribedName, func(s *Set) *[]Entry[OnTopicUnsubscribed] { return &s.OnTopicUnsubscribed }),
	rowOf(OnConfigChangeName, func(s *Set) *[]Entry[OnConfigChange] { return &s.OnConfigChange }),
}

// Implemented names the hooks that impl implements.
func Implemented(impl any) []Name {
	var names []Name
	for _, row := range rows {
		if row.has(impl) {
			names = append(names, row.name)
		}
	}
	return names
}
