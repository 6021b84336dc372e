package queue

import (
	"testing"

	"pgregory.net/rapid"
)

func TestIDSetAgainstMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s IDSet
		model := map[uint16]bool{}
		ids := rapid.Uint16Range(1, 200)
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				id := ids.Draw(t, "id")
				if s.Add(id) == model[id] {
					t.Fatalf("Add(%d) disagrees with the model", id)
				}
				model[id] = true
			},
			"remove": func(t *rapid.T) {
				id := ids.Draw(t, "id")
				if s.Remove(id) != model[id] {
					t.Fatalf("Remove(%d) disagrees with the model", id)
				}
				delete(model, id)
			},
			"fill": func(t *rapid.T) {
				for id := uint16(1); id <= 100; id++ {
					s.Add(id)
					model[id] = true
				}
			},
			"": func(t *rapid.T) {
				if s.Len() != len(model) {
					t.Fatalf("%d ids, want %d", s.Len(), len(model))
				}
				for id := uint16(1); id <= 200; id++ {
					if s.Has(id) != model[id] {
						t.Fatalf("Has(%d) = %v", id, s.Has(id))
					}
				}
			},
		})
	})
}

func TestIDSetHoldsAllIDs(t *testing.T) {
	var s IDSet
	for id := 1; id <= packetIDs; id++ {
		if !s.Add(uint16(id)) {
			t.Fatalf("id %d was in the set before it was added", id)
		}
	}
	if s.Len() != packetIDs {
		t.Fatalf("%d ids", s.Len())
	}
	for id := 1; id <= packetIDs; id++ {
		if !s.Remove(uint16(id)) {
			t.Fatalf("id %d is missing", id)
		}
	}
	if s.many != nil {
		t.Error("an empty set keeps its bit map")
	}
}
