package ingest

import (
	"sync"
	"time"
)

// A meter measures the share of time in which at least one call was under way, from the first call to the last.
type meter struct {
	now func() time.Time

	mu     sync.Mutex
	open   int
	first  time.Time
	since  time.Time // when open rose from 0
	last   time.Time
	busied time.Duration
}

func (m *meter) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	if m.first.IsZero() {
		m.first = now
	}
	if m.open == 0 {
		m.since = now
	}
	m.open++
}

func (m *meter) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open--
	m.last = m.now()
	if m.open == 0 {
		m.busied += m.last.Sub(m.since)
	}
}

// share is from 0 to 1; 0 where there was no call.
func (m *meter) share() float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if span := m.last.Sub(m.first); span > 0 {
		return float64(m.busied) / float64(span)
	}
	return 0
}
