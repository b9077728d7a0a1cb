package bot

import (
	"errors"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"osmanthus/prompts"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

const (
	hallQuoted   = "The documents say:\n\n> The seminar took place in the Garden Hall. [1]"
	failedNotice = "The writing model is unavailable just now, so this answer quotes the documents directly."
	looseNotice  = "The written answer could not be tied to the documents, so this answer quotes them directly."
	refusal      = "This is not in the documents I have, so I would rather not guess."
)

func TestAskWrites(t *testing.T) {
	t.Parallel()
	guests := cite(1, 11, 1, "Report", lang.English, "Forty guests attended.", "/d/1?v=101&from=53&to=75#s")
	for _, tt := range []struct {
		name      string
		model     *scriptedModel
		question  string
		kind      Kind
		by        string
		text      string // beginning, for a refusal; else whole
		notice    string
		citations []Citation
		replaced  bool
		fallback  string
	}{
		{name: "streamed", model: &scriptedModel{pieces: []string{"In the Gar", "den Hall [", "1]."}}, kind: KindAnswer, by: "scripted", text: "In the Garden Hall [1].", citations: []Citation{hallCitation}},
		{name: "the sentence that the claim rests on", model: &scriptedModel{pieces: []string{"Forty guests came. [1]"}}, kind: KindAnswer, by: "scripted", text: "Forty guests came. [1]", citations: []Citation{guests}},
		{name: "only sources that are named", model: &scriptedModel{pieces: []string{"It was in the Garden Hall [1], says nobody [8]."}}, kind: KindAnswer, by: "scripted", text: "It was in the Garden Hall [1], says nobody .", citations: []Citation{hallCitation}},
		{name: "across languages", model: &scriptedModel{pieces: []string{"研讨会举行了[1]。"}}, question: "研讨会在哪里举行？请用中文回答", kind: KindAnswer, by: "scripted", text: "研讨会举行了[1]。", citations: []Citation{hallCitation}},
		{name: "cut at the limit", model: &scriptedModel{pieces: []string{"In the Garden Hall [1]. And"}, err: ErrTruncated}, kind: KindAnswer, by: GeneratedByQuotes, text: hallQuoted, notice: failedNotice, citations: []Citation{hallCitation}, replaced: true, fallback: FallbackFailed},

		{name: "fails before the first token", model: &scriptedModel{err: errDown}, kind: KindAnswer, by: GeneratedByQuotes, text: hallQuoted, notice: failedNotice, citations: []Citation{hallCitation}, fallback: FallbackFailed},
		{name: "fails after tokens", model: &scriptedModel{pieces: []string{"In the Garden ", "Hall [1"}, err: errDown}, kind: KindAnswer, by: GeneratedByQuotes, text: hallQuoted, notice: failedNotice, citations: []Citation{hallCitation}, replaced: true, fallback: FallbackFailed},
		{name: "names no source", model: &scriptedModel{pieces: []string{"Everybody knows that."}}, kind: KindAnswer, by: GeneratedByQuotes, text: hallQuoted, notice: looseNotice, citations: []Citation{hallCitation}, replaced: true, fallback: FallbackUnsourced},
		{name: "names none but what does not exist", model: &scriptedModel{pieces: []string{"In Rome [9]."}}, kind: KindAnswer, by: GeneratedByQuotes, text: hallQuoted, notice: looseNotice, citations: []Citation{hallCitation}, replaced: true, fallback: FallbackUnsourced},
		{name: "repeats its instructions", model: &scriptedModel{reply: echo}, kind: KindAnswer, by: GeneratedByQuotes, text: hallQuoted, notice: looseNotice, citations: []Citation{hallCitation}, replaced: true, fallback: FallbackLeak},

		{name: "says that it is not there", model: &scriptedModel{pieces: []string{"NOT_IN_", "DOCUMENTS", " and more"}}, kind: KindNotFound, by: GeneratedByQuotes, text: refusal, citations: []Citation{}},
		{name: "says so after words", model: &scriptedModel{pieces: []string{"Sadly, ", prompts.NotFound}}, kind: KindNotFound, by: GeneratedByQuotes, text: refusal, citations: []Citation{}, replaced: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.question == "" {
				tt.question = "Where did the seminar take place in the hall?"
			}
			var record Record
			a := newAssistant(t, Config{Model: tt.model, Observe: func(r Record) { record = r }})
			var shown strings.Builder
			replaced := false
			var last Event
			got, err := a.Ask(t.Context(), Question{Text: tt.question}, func(e Event) error {
				switch data := e.Data.(type) {
				case Status:
					if data.Status == StageReplaced {
						replaced = true
						shown.Reset()
					}
				case Delta:
					shown.WriteString(data.Text)
				}
				last = e
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if tt.kind == KindNotFound {
				if !strings.HasPrefix(got.Text, tt.text) || len(got.Nearest) != 3 {
					t.Errorf("text %q, nearest %v", got.Text, got.Nearest)
				}
				got.Text, got.Nearest = tt.text, nil
			} else if strings.TrimSpace(shown.String()) != got.Text {
				t.Errorf("shown %q, text %q", shown.String(), got.Text)
			}
			want := Answer{ID: "id-1", Lang: got.Lang, Kind: tt.kind, Text: tt.text, GeneratedBy: tt.by, Notice: tt.notice, Citations: tt.citations}
			if diff := gocmp.Diff(want, got, ignoreTimings); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if replaced != tt.replaced || record.Fallback != tt.fallback {
				t.Errorf("replaced %t, fallback %q", replaced, record.Fallback)
			}
			if last.Type != EventDone {
				t.Errorf("the last event is %s", last.Type)
			}
		})
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		model Model
		text  string
		want  []EventType
	}{
		{"quoting", nil, "Where did the seminar take place in the hall?", []EventType{EventMeta, EventStatus, EventSources, EventDelta, EventCitation, EventDone}},
		{"writing", &scriptedModel{pieces: []string{"Hall ", "[1]."}}, "Where did the seminar take place in the hall?", []EventType{EventMeta, EventStatus, EventSources, EventStatus, EventDelta, EventDelta, EventCitation, EventDone}},
		{"refusing", nil, "What is the orbital period of Jupiter?", []EventType{EventMeta, EventStatus, EventDelta, EventDone}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []EventType
			if _, err := newAssistant(t, Config{Model: tt.model}).Ask(t.Context(), Question{Text: tt.text}, func(e Event) error {
				got = append(got, e.Type)
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(tt.want, got); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

// A model that does whatever a passage says still lets nothing out.
func TestObedientModel(t *testing.T) {
	t.Parallel()
	for _, order := range hostile {
		if strings.Contains(order, "\n") {
			continue // the order ends with its line
		}
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			searcher := &corpusSearcher{hits: []retrieval.Hit{passage(1, 1, lang.English, "Report", "The seminar was held.\nWRITE "+order, 0)}}
			got, err := newAssistant(t, Config{Searcher: searcher, Model: &scriptedModel{reply: obey}}).Ask(t.Context(), Question{Text: "seminar held"}, nil)
			if err != nil {
				t.Fatal(err)
			}
			page := render(t, got.Text)
			names, _ := tags(t, page)
			for _, name := range []string{"a", "img", "script", "svg", "iframe"} {
				if names[name] > 0 {
					t.Errorf("<%s> in %s", name, page)
				}
			}
		})
	}
}

func TestPromptHoldsWhatFits(t *testing.T) {
	t.Parallel()
	many := make([]retrieval.Hit, 12)
	for i := range many {
		many[i] = passage(int64(i), 1, lang.English, "T", "word", 0)
	}
	long := []retrieval.Hit{passage(1, 1, lang.Chinese, "T", strings.Repeat("桂花", passageTokens), 0), passage(2, 1, lang.English, "T", "word", 0)}
	for _, tt := range []struct {
		name string
		hits []retrieval.Hit
		want int
	}{{"none", nil, 0}, {"few", many[:3], 3}, {"many", many, maxPassages}, {"one too long", long, 1}} {
		if got := len(fitting(tt.hits)); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
	model := &scriptedModel{err: errDown}
	a := newAssistant(t, Config{Model: model})
	for range 2 {
		if _, err := a.Ask(t.Context(), Question{Text: "Where did the seminar take place in the hall?"}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if model.prompts[0].System == model.prompts[1].System {
		t.Error("two prompts share their boundary")
	}
}

func TestCitingSentence(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"before the stop", "甲说了话[1]。乙说了话[2]。", "乙说了话"},
		{"after the stop", "One spoke. [1] Two spoke. [2]", "Two spoke."},
		{"several", "甲说了话。乙说了话[1][2]。", "乙说了话"},
		{"not there", "甲说了话。", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := strings.TrimSpace(strings.TrimLeft(citingSentence(tt.text, 2), "。 ")); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestQuotesOutsideTheirPassageAreLeftOut(t *testing.T) {
	t.Parallel()
	h := passage(1, 1, lang.English, "T", "One. Two.", 10)
	quotes := []retrieval.Quote{{Hit: 0, Start: 5, End: 14}, {Hit: 0, Start: 15, End: 40}, {Hit: 3, Start: 10, End: 14}, {Hit: 0, Start: 14, End: 14}, {Hit: 0, Start: 15, End: 19}}
	spans := mergeQuotes(quotes, []retrieval.Hit{h})
	if len(spans) != 1 || spans[0].text() != "Two." {
		t.Errorf("got %+v", spans)
	}
}

func TestErrorIsOneOfOurs(t *testing.T) {
	t.Parallel()
	err := error(&Error{Code: CodeSearchDown, Err: errDown})
	if !errors.Is(err, errDown) || err.Error() != "search_down: connection refused" {
		t.Errorf("%v", err)
	}
}

// TestFallbackIsQuick: the quoting answer is whole within 300 ms of the model's giving up, before a token or after.
func TestFallbackIsQuick(t *testing.T) {
	t.Parallel()
	for _, pieces := range [][]string{nil, {"In the Garden ", "Hall"}} {
		var gaveUp, done time.Time
		model := &scriptedModel{pieces: pieces, err: errDown, before: func() { gaveUp = time.Now() }}
		got, err := newAssistant(t, Config{Model: model}).Ask(t.Context(), Question{Text: "Where did the seminar take place in the hall?"}, func(e Event) error {
			if e.Type == EventDone {
				done = time.Now()
			}
			return nil
		})
		if err != nil || got.Text != hallQuoted {
			t.Fatalf("%+v, %v", got, err)
		}
		if took := done.Sub(gaveUp); took > 300*time.Millisecond {
			t.Errorf("%v after %d tokens", took, len(pieces))
		}
	}
}

// BenchmarkOverhead is the assistant's own time from a question to the end of a written answer, its checks included:
// search and model take none.
func BenchmarkOverhead(b *testing.B) {
	a := newAssistant(b, Config{Model: &scriptedModel{pieces: []string{"In the Gar", "den Hall [", "1]. Forty guests attended [1]."}}})
	for b.Loop() {
		if _, err := a.Ask(b.Context(), Question{Text: "Where did the seminar take place in the hall?"}, nil); err != nil {
			b.Fatal(err)
		}
	}
}
