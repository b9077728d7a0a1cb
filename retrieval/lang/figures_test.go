package lang

import (
	"slices"
	"testing"
)

func TestFiguresMissing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, claim, source string
		want                []string
	}{
		{"none", "The hall is large.", "大厅很大。", nil},
		{"the same number", "40 guests came.", "Forty guests attended.", nil},
		{"another number", "45 guests came.", "Forty guests attended.", []string{"45"}},
		{"across languages", "有三十五人出席。", "35 people attended.", nil},
		{"an amount", "捐款150万元。", "They gave 1.5 million yuan.", nil},
		{"another amount", "捐款160万元。", "They gave 1.5 million yuan.", []string{"160", "1600000"}},
		{"a date", "It was on 16 September 2023.", "会议于2023年9月16日举行。", nil},
		{"another day", "It was on 17 September 2023.", "会议于2023年9月16日举行。", []string{"17", "d:2023-09-17", "d:09-17"}},
		{"a date in two places", "It was on 16 September 2023.", "2023年\n9月16日", nil},
		{"another year", "It was on 16 September 2024.", "2023年\n9月16日", []string{"2024", "d:2024-09-16", "y:2024"}},
		{"a year", "2021年起步。", "It began in 2021 with 12.", nil},
		{"a time", "It begins at 3 pm.", "15:00 开始", nil},
		{"another time", "It begins at 4 pm.", "15:00 开始", []string{"4", "t:16:00"}},
		{"a small number as a word", "Two people spoke.", "Ann and Bob spoke.", nil},
		{"a small number as a figure", "2 people spoke.", "Ann and Bob spoke.", []string{"2"}},
		{"a percentage", "增长了百分之五。", "It grew by 5%.", nil},
		{"another percentage", "It grew by 7%.", "It grew by 5%.", []string{"7"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := FiguresMissing(tt.claim, tt.source); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q; claim %q, source %q", got, tt.want, Figures(tt.claim), Figures(tt.source))
			}
		})
	}
}
