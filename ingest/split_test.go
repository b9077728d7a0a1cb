package ingest

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"osmanthus/ingest/source"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

func read(t testing.TB, name, text string) source.Document {
	t.Helper()
	d, err := source.Read(name, []byte(text), source.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A cutting is what a test looks at of a passage: where it stands, and how it begins and ends.
type cutting struct {
	Context, Heading string
	Lang             lang.Lang
	First, Last      string // lines
}

func cuttings(drafts []retrieval.Draft) []cutting {
	var out []cutting
	for _, d := range drafts {
		lines := strings.Split(d.Text, "\n")
		out = append(out, cutting{d.Context, d.Heading, d.Lang, lines[0], lines[len(lines)-1]})
	}
	return out
}

// prose is n sentences of about 20 tokens, numbered.
func prose(from, n int) string {
	var b strings.Builder
	for i := from; i < from+n; i++ {
		b.WriteString("Sentence " + string(rune('A'+i%26)) + " says that the hall on the sixth floor was open to guests of the seminar all day. ")
	}
	return strings.TrimSpace(b.String())
}

func TestSplit(t *testing.T) {
	t.Parallel()
	rows := strings.Repeat("| 09:00 | The opening of the seminar in the hall on the sixth floor | YANG Haobo |\n", 30)
	for _, tt := range []struct {
		name, text string
		want       []cutting
	}{
		{"a small document is one passage", "# Title\n\nWords.\n\n## Part\n\nMore.\n", []cutting{
			{"Title", "", lang.English, "Words.", "More."},
		}},
		{"a document of a heading only", "# Title\n", []cutting{{"Title", "", lang.English, "Title", "Title"}}},
		{"headings part passages", "# T\n\n## One\n\n" + prose(0, 12) + "\n\n## 二\n\n" + strings.Repeat("研讨会在桂花厅举行，代表们讨论了技术与伦理。", 14) + "\n", []cutting{
			{"T › One", "One", lang.English, prose(0, 12), prose(0, 12)},
			{"T › 二", "二", lang.Chinese, strings.Repeat("研讨会在桂花厅举行，代表们讨论了技术与伦理。", 14), strings.Repeat("研讨会在桂花厅举行，代表们讨论了技术与伦理。", 14)},
		}},
		{"small sections under one parent share a passage", "# T\n\n## P\n\n### a\n\n" + prose(0, 4) + "\n\n### b\n\n" + prose(4, 4) + "\n\n### c\n\n" + prose(8, 14) + "\n", []cutting{
			{"T › P", "P", lang.English, "a", prose(4, 4)},
			{"T › P › c", "P › c", lang.English, prose(8, 14), prose(8, 14)},
		}},
		{"a question takes the beginning of a long answer along", "# T\n\n### Q:\n\nWho?\n\n### A:\n\n" + prose(0, 24) + "\n", []cutting{
			{"T", "", lang.English, "Q:", prose(0, 14)},
			{"T › A:", "A:", lang.English, prose(14, 10), prose(14, 10)},
		}},
		{"sections of different parents do not share", "# T\n\n## P\n\n### a\n\n" + prose(0, 6) + "\n\n## Q\n\n### b\n\n" + prose(6, 14) + "\n", []cutting{
			{"T › P › a", "P › a", lang.English, prose(0, 6), prose(0, 6)},
			{"T › Q › b", "Q › b", lang.English, prose(6, 14), prose(6, 14)},
		}},
		{"a full passage ends at a paragraph", "# T\n\n" + prose(0, 10) + "\n\n" + prose(10, 10) + "\n", []cutting{
			{"T", "", lang.English, prose(0, 10), prose(0, 10)}, {"T", "", lang.English, prose(10, 10), prose(10, 10)},
		}},
		{"a small rest joins the passage before", "# T\n\n" + prose(0, 17) + "\n\nThe end came soon.\n\n# U\n\n" + prose(0, 12) + "\n", []cutting{
			{"T", "", lang.English, prose(0, 17), "The end came soon."},
			{"T › U", "U", lang.English, prose(0, 12), prose(0, 12)},
		}},
		{"a table's passages repeat its header", "# T\n\n## Agenda\n\n| Time | Session | Speaker |\n|---|---|---|\n" + rows, []cutting{
			{"T › Agenda", "Agenda", lang.English, "Time · Session · Speaker", row},
			{"T › Agenda\nTime · Session · Speaker", "Agenda", lang.English, row, row},
			{"T › Agenda\nTime · Session · Speaker", "Agenda", lang.English, row, row},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc := read(t, "x.md", tt.text)
			drafts := Split(doc)
			checkSplit(t, doc, drafts)
			if diff := cmp.Diff(tt.want, cuttings(drafts)); diff != "" {
				for _, d := range drafts {
					t.Logf("%d tokens", lang.Tokens(d.Text))
				}
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

const row = "Time: 09:00 · Session: The opening of the seminar in the hall on the sixth floor · Speaker: YANG Haobo"

func TestSplitLongSentence(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, sentence string
		ends           string // one of these ends each piece but the last
	}{
		{"clauses", strings.Repeat("where 10,000 guests of the seminar came from 9:30 on, ", 60) + "it ended.", ","},
		{"Chinese clauses", strings.Repeat("代表们讨论了技术与伦理，", 80) + "然后散会。", "，"},
		{"no clauses", strings.Repeat("技术与伦理", 300), "技术与伦理"},
		{"emoji", strings.Repeat("👩‍🔬👨‍👩‍👧‍👦🇨🇳", 400), "👩‍🔬👨‍👩‍👧‍👦🇨🇳"},
		{"one long word", strings.Repeat("abcdefghij", 900), "abcdefghij"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc := read(t, "x.txt", "Title\n\n"+tt.sentence+"\n")
			drafts := Split(doc)
			checkSplit(t, doc, drafts)
			if len(drafts) < 2 {
				t.Fatalf("%d passages", len(drafts))
			}
			graphemes := 0
			for i, d := range drafts {
				if i < len(drafts)-1 && !strings.ContainsAny(d.Text[len(d.Text)-min(4, len(d.Text)):], tt.ends) {
					t.Errorf("ends in %q", d.Text[len(d.Text)-min(30, len(d.Text)):])
				}
				graphemes += lang.Graphemes(d.Text)
			}
			// No character was cut in two. Spaces at the cuts are in no passage.
			if want := lang.Graphemes(doc.Text[drafts[0].Start:drafts[len(drafts)-1].End]); graphemes > want || graphemes < want-len(drafts) {
				t.Errorf("%d characters, want %d", graphemes, want)
			}
		})
	}
}

// checkSplit holds what every splitting must.
func checkSplit(t *testing.T, doc source.Document, drafts []retrieval.Draft) {
	t.Helper()
	if len(drafts) == 0 {
		t.Fatal("no passage")
	}
	var headings []string
	for _, b := range doc.Blocks {
		if b.Kind == source.Heading || b.Kind == source.Header {
			headings = append(headings, strings.TrimSpace(doc.Text[b.Start:b.End]))
		}
	}
	end := 0
	gap := func(text string) {
		for line := range strings.SplitSeq(text, "\n") {
			if line = strings.TrimSpace(line); line != "" && !slices.ContainsFunc(headings, func(h string) bool { return strings.Contains(h, line) }) {
				t.Errorf("%q is in no passage", line)
			}
		}
	}
	for i, d := range drafts {
		if d.Start < end || d.End <= d.Start || d.Text != doc.Text[d.Start:d.End] || !utf8.ValidString(d.Text) {
			t.Fatalf("passage %d at %d…%d after %d", i, d.Start, d.End, end)
		}
		if d.Ordinal != i || !d.Lang.Valid() || d.Title != doc.Title || !strings.HasPrefix(d.Context, lang.Truncate(doc.Title, contextCharacters)) {
			t.Errorf("passage %d: %+v", i, d)
		}
		if n := lang.Tokens(d.Text); n > joinedTokens+50 { // the estimate of a whole is not that of its parts
			if lang.Graphemes(d.Text) > 1 {
				t.Errorf("passage %d has %d tokens", i, n)
			}
		}
		gap(doc.Text[end:d.Start])
		end = d.End
	}
	gap(doc.Text[end:])
}

// randomDocument is a document of any structure and both languages.
func randomDocument(r *rand.Rand) string {
	pieces := []string{"研讨会在深圳举行。", "科技向善，以人为本；", "The hall was full. ", "Dr. Wu said: “yes”. ", "👩‍🔬 ", "3.14 ", "abcdefghij", "\n", "，", "臺灣的與會者也來了。"}
	var b strings.Builder
	words := func(n int) string {
		var w strings.Builder
		for range 1 + r.IntN(n) {
			w.WriteString(pieces[r.IntN(len(pieces))])
		}
		return strings.TrimFunc(strings.ReplaceAll(w.String(), "\n", " "), unicode.IsSpace)
	}
	for range 1 + r.IntN(30) {
		switch r.IntN(6) {
		case 0:
			b.WriteString(strings.Repeat("#", 1+r.IntN(4)) + " " + words(4) + "\n\n")
		case 1:
			for range r.IntN(12) {
				b.WriteString("- " + words(20) + "\n")
			}
			b.WriteByte('\n')
		case 2:
			b.WriteString("| Time | 环节 |\n|---|---|\n")
			for range r.IntN(40) {
				b.WriteString("| " + words(3) + " | " + words(12) + " |\n")
			}
			b.WriteByte('\n')
		default:
			b.WriteString(words(150) + "\n\n")
		}
	}
	return b.String()
}

func TestSplitRandom(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		text := randomDocument(r)
		doc, err := source.Read("x.md", []byte(text), source.Limits{})
		if err != nil {
			continue // all headings without a word
		}
		checkSplit(t, doc, Split(doc))
	}
}

func FuzzSplit(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 5 {
		f.Add(randomDocument(r))
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"x.md", "x.txt"} {
			doc, err := source.Read(name, []byte(text), source.Limits{Bytes: 1 << 20})
			if err != nil {
				continue
			}
			checkSplit(t, doc, Split(doc))
		}
	})
}
