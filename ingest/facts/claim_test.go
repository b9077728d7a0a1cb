package facts

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"osmanthus/ingest/source"
	"osmanthus/retrieval/lang"
)

func TestAccept(t *testing.T) {
	t.Parallel()
	const text = "The days were opened by Reed Lee, who has led the Garden Bureau as its director since 2020. Ann Sample, who heads the Garden Club, closed them.\n\n" +
		"会上，王小明说自己在花园局做了十年副局长。"
	doc := source.Document{Text: text, Lang: lang.English}
	first := lang.Span{End: strings.Index(text, "\n")}
	for _, tt := range []struct {
		name   string
		within lang.Span
		claim  Claim
		want   string // title, organisation, and the words that say it; empty: not accepted
	}{
		{"borne out", first, Claim{"Reed Lee, who has led the Garden Bureau as its director since 2020.", "Reed Lee", "director", "Garden Bureau"},
			"Reed Lee: director, Garden Bureau < Reed Lee, who has led the Garden Bureau as its director since 2020."},
		{"in Chinese", lang.Span{Start: first.End, End: len(text)}, Claim{"王小明说自己在花园局做了十年副局长", "王小明", "副局长", "花园局"}, "王小明: 副局长, 花园局 < 王小明说自己在花园局做了十年副局长"},
		{"words that do not stand there", first, Claim{"Reed Lee is director of the Garden Bureau.", "Reed Lee", "director", "Garden Bureau"}, ""},
		{"words of another passage", lang.Span{Start: first.End, End: len(text)}, Claim{"Reed Lee, who has led the Garden Bureau as its director since 2020.", "Reed Lee", "director", "Garden Bureau"}, ""},
		{"a title of the model's own", first, Claim{"Ann Sample, who heads the Garden Club", "Ann Sample", "President", "Garden Club"}, ""},
		{"another's organisation", first, Claim{"Ann Sample, who heads the Garden Club", "Ann Sample", "", "Garden Bureau"}, ""},
		{"an organisation alone", first, Claim{"Ann Sample, who heads the Garden Club", "Ann Sample", "", "Garden Club"}, "Ann Sample: , Garden Club < Ann Sample, who heads the Garden Club"},
		{"nothing said", first, Claim{"Ann Sample, who heads the Garden Club", "Ann Sample", "", ""}, ""},
		{"a name that is none", first, Claim{"The days were opened by Reed Lee, who has led the Garden Bureau as its director", "The days were opened by Reed Lee, who has led the Garden Bureau", "director", ""}, ""},
		{"empty words", first, Claim{"", "", "director", ""}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var f Facts
			n := Accept(doc, &f, tt.within, []Claim{tt.claim, tt.claim})
			var got string
			for _, p := range f.People {
				for _, title := range p.Titles {
					got += p.Text + ": " + title.Title + ", " + title.Organisation + " < " + text[title.Start:title.End]
				}
			}
			if got != tt.want || n != min(1, len(tt.want)) {
				t.Errorf("accepted %d: %q, want %q", n, got, tt.want)
			}
		})
	}
	// What the rules found stays, and is not said twice.
	f := Extract(source.Document{Text: "Ann Sample, Head of the Garden Club, spoke.", Lang: lang.English,
		Blocks: []source.Block{{Kind: source.Paragraph, End: 43}}}, Options{})
	before := len(f.People)
	if n := Accept(source.Document{Text: "Ann Sample, Head of the Garden Club, spoke."}, &f, lang.Span{End: 43},
		[]Claim{{"Ann Sample, Head of the Garden Club", "Ann Sample", "Head", "Garden Club"}}); n != 0 || len(f.People) != before || before == 0 {
		t.Errorf("accepted %d; %d people, before %d", n, len(f.People), before)
	}
}

func TestParseClaims(t *testing.T) {
	t.Parallel()
	reply := "```json\n{\"quote\": \"q\", \"name\": \"n\", \"title\": \"t\", \"organisation\": \"o\"},\nNone else.\n{\"quote\": 1}\n{broken\n  {\"quote\":\"二\",\"name\":\"名\"}\n```"
	if diff := cmp.Diff([]Claim{{"q", "n", "t", "o"}, {Quote: "二", Name: "名"}}, ParseClaims(reply)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := len(ParseClaims(strings.Repeat("{}\n", 1000))); n != maxClaims {
		t.Errorf("%d claims", n)
	}
}
