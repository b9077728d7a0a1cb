package endpoint

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "3": 3 * time.Second, "0.5": 500 * time.Millisecond, "-1": 0, "soon": 0, "1e99": 0,
		"Sun, 01 Mar 2026 12:00:07 GMT": 7 * time.Second, "Sun, 01 Mar 2026 11:00:00 GMT": 0,
	} {
		if got := RetryAfter(header, now); got != want {
			t.Errorf("%q: got %v, want %v", header, got, want)
		}
	}
}

func TestDetail(t *testing.T) {
	t.Parallel()
	got := Detail(errors.New("bad key sk-1\n\twas "+strings.Repeat("桂", 500)), "sk-1")
	if strings.Contains(got, "sk-1") || strings.Contains(got, "\n") || len([]rune(got)) > maxDetail+1 || !strings.HasPrefix(got, "bad key *** was 桂") {
		t.Errorf("got %q", got)
	}
}
