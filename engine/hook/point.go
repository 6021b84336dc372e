package hook

// Point is a hook as a number, for tables that have a place for each.
type Point uint8

// The points.
const (
	AuthOnRegisterPoint Point = iota
	AuthOnRegisterM5Point
	AuthOnPublishPoint
	AuthOnPublishM5Point
	AuthOnSubscribePoint
	AuthOnSubscribeM5Point
	OnRegisterPoint
	OnRegisterM5Point
	OnAuthM5Point
	OnPublishPoint
	OnPublishM5Point
	OnSubscribePoint
	OnSubscribeM5Point
	OnUnsubscribePoint
	OnUnsubscribeM5Point
	OnDeliverPoint
	OnDeliverM5Point
	OnOfflineMessagePoint
	OnClientWakeupPoint
	OnClientOfflinePoint
	OnClientGonePoint
	OnSessionExpiredPoint
	OnMessageDropPoint
	OnTopicUnsubscribedPoint
	OnConfigChangePoint

	// Points is their number.
	Points
)

// points are the names of the points.
var points = [Points]Name{
	AuthOnRegisterPoint:      AuthOnRegisterName,
	AuthOnRegisterM5Point:    AuthOnRegisterM5Name,
	AuthOnPublishPoint:       AuthOnPublishName,
	AuthOnPublishM5Point:     AuthOnPublishM5Name,
	AuthOnSubscribePoint:     AuthOnSubscribeName,
	AuthOnSubscribeM5Point:   AuthOnSubscribeM5Name,
	OnRegisterPoint:          OnRegisterName,
	OnRegisterM5Point:        OnRegisterM5Name,
	OnAuthM5Point:            OnAuthM5Name,
	OnPublishPoint:           OnPublishName,
	OnPublishM5Point:         OnPublishM5Name,
	OnSubscribePoint:         OnSubscribeName,
	OnSubscribeM5Point:       OnSubscribeM5Name,
	OnUnsubscribePoint:       OnUnsubscribeName,
	OnUnsubscribeM5Point:     OnUnsubscribeM5Name,
	OnDeliverPoint:           OnDeliverName,
	OnDeliverM5Point:         OnDeliverM5Name,
	OnOfflineMessagePoint:    OnOfflineMessageName,
	OnClientWakeupPoint:      OnClientWakeupName,
	OnClientOfflinePoint:     OnClientOfflineName,
	OnClientGonePoint:        OnClientGoneName,
	OnSessionExpiredPoint:    OnSessionExpiredName,
	OnMessageDropPoint:       OnMessageDropName,
	OnTopicUnsubscribedPoint: OnTopicUnsubscribedName,
	OnConfigChangePoint:      OnConfigChangeName,
}

// Name is the hook's name.
func (p Point) Name() Name { return points[p] }
