package retrieval

import (
	"context"
	"hash/fnv"
	"math"
	"strings"
	"testing"

	"osmanthus/retrieval/lang"
)

// biasedEmbedder is a model with a language bias: a text's vector is the direction of its words plus a large offset of
// its language, the same for short and long texts. Words are translated by dictionary first, so that parallel texts share their words.
type biasedEmbedder struct {
	dim        int
	bias       float64
	dictionary map[string]string // Chinese word → English word
	fail       error
}

func (e biasedEmbedder) Model() string { return "biased" }

func (e biasedEmbedder) EmbedQueries(_ context.Context, texts []string) ([][]float32, error) {
	return e.embed(texts)
}

func (e biasedEmbedder) EmbedPassages(_ context.Context, texts []string) ([][]float32, error) {
	return e.embed(texts)
}

func (e biasedEmbedder) embed(texts []string) ([][]float32, error) {
	if e.fail != nil {
		return nil, e.fail
	}
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		v := make([]float32, e.dim)
		offset := 1
		if lang.HanShare(text) > 0.5 {
			offset = 0
		}
		for zh, en := range e.dictionary {
			text = strings.ReplaceAll(text, zh, " "+en+" ")
		}
		for _, term := range lang.Terms(text) {
			h := fnv.New32a()
			h.Write([]byte(term))
			v[2+h.Sum32()%uint32(e.dim-2)]++
		}
		v = normalised(v)
		v[offset] = float32(e.bias)
		vectors[i] = normalised(v)
	}
	return vectors, nil
}

func normalised(v []float32) []float32 {
	var n float64
	for _, x := range v {
		n += float64(x) * float64(x)
	}
	for i := range v {
		v[i] = float32(float64(v[i]) / math.Sqrt(n))
	}
	return v
}

func TestCentreTakesTheLanguageOut(t *testing.T) {
	t.Parallel()
	e := biasedEmbedder{dim: 512, bias: 5, dictionary: map[string]string{"桂花": "osmanthus", "大厅": "hall"}}
	space, err := Calibrate(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{"osmanthus hall", "桂花大厅", "completely different matter", "毫不相干的事情"}
	raw, err := e.EmbedPassages(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	units := make([][]float32, len(raw))
	for i, v := range raw {
		units[i], _ = space.Centre(v, lang.HanShare(texts[i]), false)
	}
	if translation, stranger := dot(raw[0], raw[1]), dot(raw[0], raw[2]); translation > stranger {
		t.Fatalf("the fake is not biased: translation %.3f, unrelated text of the same language %.3f", translation, stranger)
	}
	if translation, stranger := dot(units[0], units[1]), dot(units[0], units[2]); translation < stranger {
		t.Errorf("centred: translation %.3f is further than unrelated text of the same language %.3f", translation, stranger)
	}
}

func TestRawUndoesCentre(t *testing.T) {
	t.Parallel()
	space, err := Calibrate(t.Context(), biasedEmbedder{dim: 32, bias: 3})
	if err != nil {
		t.Fatal(err)
	}
	for _, han := range []float64{0, 0.3, 1} {
		want := normalised([]float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32})
		unit, norm := space.Centre(want, han, false)
		if length := dot(unit, unit); math.Abs(length-1) > 1e-5 {
			t.Errorf("han %.1f: centred length² %.6f, want 1", han, length)
		}
		got := space.Raw(unit, norm, han)
		for i := range want {
			if math.Abs(float64(got[i]-want[i])) > 1e-5 {
				t.Fatalf("han %.1f: raw[%d] = %v, want %v", han, i, got[i], want[i])
			}
		}
	}
}

func TestCentreOfTheMeanItself(t *testing.T) {
	t.Parallel()
	space, err := Calibrate(t.Context(), biasedEmbedder{dim: 16, bias: 1})
	if err != nil {
		t.Fatal(err)
	}
	unit, norm := space.Centre(space.PassageMean[lang.English], 0, false)
	if norm != 0 || dot(unit, unit) != 0 {
		t.Errorf("got norm %v, vector %v; want zeros, not NaN", norm, unit)
	}
}

func TestCentreQuestionBlendsItsMeans(t *testing.T) {
	t.Parallel()
	both := func(x, y float32) map[lang.Lang][]float32 {
		return map[lang.Lang][]float32{lang.English: {x, y}, lang.Chinese: {x, y}}
	}
	for _, tt := range []struct {
		name   string
		speech map[lang.Lang][]float32
		focus  float64
		want   []float32
	}{
		{"a short question", both(0, 1), 1, []float32{0, 1}},
		{"a speech", both(0, 1), 0, []float32{1, 0}},
		{"in between", both(0, 1), 0.5, []float32{math.Sqrt2 / 2, math.Sqrt2 / 2}},
		{"a space without a mean of speeches", nil, 0, []float32{0, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := Space{Dim: 2, Calibration: Calibration{QueryMean: both(1, 0), SpeechMean: tt.speech}}
			got := s.CentreQuestion([]float32{1, 1}, 0.3, tt.focus)
			for i := range got {
				if math.Abs(float64(got[i]-tt.want[i])) > 1e-6 {
					t.Fatalf("got %v, want %v", got, tt.want)
				}
			}
		})
	}
}
