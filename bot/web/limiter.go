package web

import (
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// clients is how many addresses a generation of the limiter remembers.
const clients = 4096

// A limiter keeps a rate for each client. It remembers two generations of clients, so that it stays small whatever
// addresses come, and forgets only the ones that have not been seen for a generation.
type limiter[K comparable] struct {
	rate  rate.Limit
	burst int
	now   func() time.Time

	mu              sync.Mutex
	young, old      map[K]*rate.Limiter
	generationLimit int
}

func newLimiter[K comparable](perMinute, burst int, now func() time.Time) *limiter[K] {
	l := &limiter[K]{rate: rate.Limit(float64(perMinute) / 60), burst: burst, now: now, young: map[K]*rate.Limiter{}, generationLimit: clients}
	if perMinute < 0 {
		l.rate = rate.Inf
	}
	return l
}

// allow reports whether the client may go on, and if not, after how long.
func (l *limiter[K]) allow(client K) (bool, time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	one, ok := l.young[client]
	if !ok {
		if one, ok = l.old[client]; !ok {
			one = rate.NewLimiter(l.rate, l.burst)
		}
		if len(l.young) >= l.generationLimit {
			l.old, l.young = l.young, map[K]*rate.Limiter{}
		}
		l.young[client] = one
	}
	now := l.now()
	if one.AllowN(now, 1) {
		return true, 0
	}
	wait := one.ReserveN(now, 1)
	defer wait.CancelAt(now)
	return false, wait.DelayFrom(now)
}

// limited refuses a client that asks too much, and a website whose visitors together do.
func (s *server) limited(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if ok, wait := s.limiter.allow(s.client(r)); !ok {
			return &fault{kind: faultTooMany, retryAfter: wait}
		}
		if site := visitOf(r).site; site != "" {
			if ok, wait := s.siteLimiter.allow(site); !ok {
				return &fault{kind: faultTooMany, retryAfter: wait}
			}
		}
		return h(w, r)
	}
}
