package hook

// Name is the name of a hook, as plugins, commands and logs spell it.
type Name string

// The hooks. Those that end in M5 are for clients of MQTT 5, their twins for clients of 3.1 and 3.1.1; the others are for all.
const (
	AuthOnRegisterName      Name = "auth_on_register"
	AuthOnRegisterM5Name    Name = "auth_on_register_m5"
	AuthOnPublishName       Name = "auth_on_publish"
	AuthOnPublishM5Name     Name = "auth_on_publish_m5"
	AuthOnSubscribeName     Name = "auth_on_subscribe"
	AuthOnSubscribeM5Name   Name = "auth_on_subscribe_m5"
	OnRegisterName          Name = "on_register"
	OnRegisterM5Name        Name = "on_register_m5"
	OnAuthM5Name            Name = "on_auth_m5"
	OnPublishName           Name = "on_publish"
	OnPublishM5Name         Name = "on_publish_m5"
	OnSubscribeName         Name = "on_subscribe"
	OnSubscribeM5Name       Name = "on_subscribe_m5"
	OnUnsubscribeName       Name = "on_unsubscribe"
	OnUnsubscribeM5Name     Name = "on_unsubscribe_m5"
	OnDeliverName           Name = "on_deliver"
	OnDeliverM5Name         Name = "on_deliver_m5"
	OnOfflineMessageName    Name = "on_offline_message"
	OnClientWakeupName      Name = "on_client_wakeup"
	OnClientOfflineName     Name = "on_client_offline"
	OnClientGoneName        Name = "on_client_gone"
	OnSessionExpiredName    Name = "on_session_expired"
	OnMessageDropName       Name = "on_message_drop"
	OnTopicUnsubscribedName Name = "on_topic_unsubscribed"
	OnConfigChangeName      Name = "on_config_change"
)
