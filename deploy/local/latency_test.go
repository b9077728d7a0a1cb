package local

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// passageOf200 has about 200 tokens of mixed text.
func passageOf200() string {
	return strings.Repeat("研讨会于九月十六日在国家图书馆举行，来自各地的学者讨论了数据治理与公共文化服务的关系。 The round table was moderated by the host and closed with questions from the audience. ", 4)
}

func jsonOf(t testing.TB, value any) string {
	t.Helper()
	b, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Questions are answered while a batch that came before them is still being embedded. How fast is measured by
// BenchmarkQuestionDuringIngest, which needs the machine for itself.
func TestQuestionsOvertakePassages(t *testing.T) {
	p := start(t, Options{Home: newHome(t), Embedder: true})
	batch := jsonOf(t, slices.Repeat([]string{passageOf200()}, 40))
	var ended time.Time
	var wait sync.WaitGroup
	wait.Go(func() {
		embedTexts(t, p, batch, nil)
		ended = time.Now()
	})
	for range 10 {
		embedTexts(t, p, `"query: 研讨会在哪里举行？"`, nil)
	}
	questions := time.Now()
	wait.Wait()
	if !questions.Before(ended) {
		t.Errorf("the questions were answered %v after the batch", questions.Sub(ended))
	}
}

// BenchmarkQuestionDuringIngest measures a question's way to its vector, over HTTP, while passages are embedded without
// a pause. The goal on two processors is p95 ≤ 100 ms.
func BenchmarkQuestionDuringIngest(b *testing.B) {
	p := start(b, Options{Home: newHome(b), Embedder: true})
	batch := jsonOf(b, slices.Repeat([]string{passageOf200()}, 8))
	stop := make(chan struct{})
	var wait sync.WaitGroup
	started := time.Now()
	passages, tokens := 0, 0
	wait.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				tokens += embedTexts(b, p, batch, nil).Usage.TotalTokens
				passages += 8
			}
		}
	})
	times := measureQuestions(b, p, max(b.N, 60), 100*time.Millisecond)
	close(stop)
	wait.Wait()
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ms(percentile(times, 50)), "p50-ms")
	b.ReportMetric(ms(percentile(times, 95)), "p95-ms")
	b.ReportMetric(ms(percentile(times, 100)), "max-ms")
	b.ReportMetric(float64(passages)/time.Since(started).Seconds(), "passages/s")
	b.ReportMetric(float64(tokens)/float64(passages), "tokens/passage")
	if p95 := percentile(times, 95); p95 > 100*time.Millisecond {
		b.Errorf("p95 is %v", p95)
	}
}

// BenchmarkQuestion measures it without an ingest: the difference to the engine's own time is what HTTP costs.
func BenchmarkQuestion(b *testing.B) {
	p := start(b, Options{Home: newHome(b), Embedder: true})
	times := measureQuestions(b, p, max(b.N, 60), 0)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ms(percentile(times, 50)), "p50-ms")
	b.ReportMetric(ms(percentile(times, 95)), "p95-ms")
}

// BenchmarkPassages measures how many passages of 200 tokens are embedded in a second when nobody asks. Goal: ≥ 4.
func BenchmarkPassages(b *testing.B) {
	p := start(b, Options{Home: newHome(b), Embedder: true})
	batch := jsonOf(b, slices.Repeat([]string{passageOf200()}, 32))
	started := time.Now()
	n, tokens := 0, 0
	for b.Loop() {
		tokens += embedTexts(b, p, batch, nil).Usage.TotalTokens
		n += 32
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(n)/time.Since(started).Seconds(), "passages/s")
	b.ReportMetric(float64(tokens)/float64(n), "tokens/passage")
}

func measureQuestions(b *testing.B, p *Parts, n int, pause time.Duration) []time.Duration {
	b.Helper()
	questions := []string{"研讨会在哪里举行？", "Who moderated the round table?", "黄浩明现在是什么职务？", "Where is the seminar and who speaks after Ms Wang?"}
	var times []time.Duration
	tick := time.NewTicker(pause + 1)
	defer tick.Stop()
	for i := range n {
		body := jsonOf(b, "query: "+questions[i%len(questions)])
		<-tick.C
		start := time.Now()
		embedTexts(b, p, body, http.Header{})
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	return times
}

func percentile(sorted []time.Duration, p int) time.Duration {
	return sorted[min(len(sorted)*p/100, len(sorted)-1)]
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
