package ingest

import (
	"context"
	"errors"
	"testing"
)

func TestRoom(t *testing.T) {
	t.Parallel()
	r := newRoom(100)
	enter := func(size int64) error { return r.enter(t.Context(), size) }
	if err := errors.Join(enter(60), enter(40)); err != nil {
		t.Fatal(err)
	}
	ended, stop := context.WithCancel(t.Context())
	stop()
	if err := r.enter(ended, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("a full room was entered: %v", err)
	}
	entered := make(chan error)
	go func() { entered <- enter(500) }() // larger than the room: when it is empty
	r.leave(60)
	select {
	case <-entered:
		t.Error("it did not wait for the other to leave")
	default:
	}
	r.leave(40)
	if err := <-entered; err != nil {
		t.Error(err)
	}
	if err := r.enter(ended, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("there is room beside what fills it: %v", err)
	}
}
