-- +goose Up
-- The figures of names are counted once more: passages stored before there were any were never added, and would be taken
-- off when their documents go.
DELETE FROM term_changes WHERE field = 'names';
DELETE FROM term_stats WHERE field = 'names';
DELETE FROM field_stats WHERE field = 'names';
INSERT INTO field_stats (field, lang, passages, length)
SELECT 'names', lang, count(*), coalesce(sum(length(names)), 0) FROM passages WHERE terms IS NOT NULL GROUP BY lang;
INSERT INTO term_stats (field, lang, term, documents)
SELECT 'names', 'en', word, ndoc FROM ts_stat('SELECT names FROM passages WHERE terms IS NOT NULL AND lang = ''en''')
UNION ALL
SELECT 'names', 'zh', word, ndoc FROM ts_stat('SELECT names FROM passages WHERE terms IS NOT NULL AND lang = ''zh''');
