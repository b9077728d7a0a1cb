package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"osmanthus/retrieval/lang"
)

func TestSpread(t *testing.T) {
	e, err := remember(mixing{model: "multilingual-e5-small"}, "/tmp/wt/scale/.osmanthus/bench-vectors.gob")
	if err != nil {
		t.Fatal(err)
	}
	var all [][]float32
	for _, v := range e.known {
		all = append(all, v)
	}
	// by language: cluster by sign to mean of two
	c, _ := readReal("../../../shared/eval")
	real := map[lang.Lang][][]float32{}
	for _, ds := range c.drafts {
		for _, d := range ds {
			for _, text := range []string{d.Context + "\n" + d.Text, d.Text} {
				if v := e.known[keyOf(e.Model()+"\x00passage\x00"+lang.Simplify(text))]; v != nil {
					real[d.Lang] = append(real[d.Lang], v)
				}
			}
		}
	}
	fmt.Println(len(all), len(real["en"]), len(real["zh"]))
	for _, l := range []lang.Lang{"en", "zh"} {
		report := func(name string, vs [][]float32) {
			m := make([]float64, 384)
			for _, v := range vs {
				for i := range v {
					m[i] += float64(v[i]) / float64(len(vs))
				}
			}
			us := make([][]float64, len(vs))
			for j, v := range vs {
				u := make([]float64, 384)
				n := 0.0
				for i := range v {
					u[i] = float64(v[i]) - m[i]
					n += u[i] * u[i]
				}
				for i := range u {
					u[i] /= math.Sqrt(n)
				}
				us[j] = u
			}
			var first, tenth, sd float64
			for j := range us {
				var sims []float64
				for k := range us {
					if k != j {
						d := 0.0
						for i := range us[j] {
							d += us[j][i] * us[k][i]
						}
						sims = append(sims, d)
						sd += d * d
					}
				}
				slices.Sort(sims)
				first += sims[len(sims)-1]
				tenth += sims[len(sims)-10]
			}
			n := float64(len(us))
			fmt.Printf("%s %s n=%d nearest %.3f tenth %.3f sd %.3f\n", l, name, len(us), first/n, tenth/n, math.Sqrt(sd/n/(n-1)))
		}
		report("real", real[l])
		for _, s := range []float32{0, 0.1, 0.2, 0.3, 0.5} {
			var made [][]float32
			m := mixer{real: real, difference: s}
			for i := range real[l] {
				made = append(made, m.vector(l, rand.New(rand.NewPCG(uint64(i), 3))))
			}
			report(fmt.Sprint("made ", s), made)
		}
	}
}
