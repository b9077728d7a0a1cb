-- +goose Up

-- A vector is looked up by its passage and, under a filter, by its document; a passage never changes its document.
ALTER TABLE embeddings ADD COLUMN document_id bigint;
UPDATE embeddings e SET document_id = p.document_id FROM passages p WHERE p.id = e.passage_id;
ALTER TABLE embeddings ALTER COLUMN document_id SET NOT NULL;
ALTER TABLE embeddings DROP CONSTRAINT embeddings_pkey;
ALTER TABLE embeddings ADD PRIMARY KEY (passage_id, space_id);
DROP INDEX embeddings_passage_idx;
CREATE INDEX embeddings_document_idx ON embeddings (document_id);

-- How much a filter leaves is counted before each search, from documents alone.
ALTER TABLE documents ADD COLUMN passages int NOT NULL DEFAULT 0; -- of the current version; 0 once pruned
ALTER TABLE documents ADD COLUMN date date;                      -- of the current version
UPDATE documents d SET date = v.date, passages = (SELECT count(*) FROM passages p WHERE p.version_id = v.id)
FROM versions v WHERE v.id = d.version;
CREATE INDEX documents_kind_idx ON documents (kind);
CREATE INDEX documents_date_idx ON documents (date);

-- Figures are kept by adding up what each change of a document writes here, in its own transaction; see Store.Refresh.
CREATE TABLE term_changes (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    field       text NOT NULL,
    lang        text NOT NULL,
    passages    int NOT NULL,                -- that came, less those that went
    length      bigint NOT NULL,             -- of them, in terms
    terms       text[] NOT NULL,
    documents   int[] NOT NULL               -- for each term, the passages that hold it
);
ALTER TABLE term_stats DROP CONSTRAINT term_stats_pkey;
ALTER TABLE term_stats ADD PRIMARY KEY (term, field, lang);
ALTER TABLE field_stats ADD COLUMN length bigint NOT NULL DEFAULT 0; -- of all passages, in terms
ALTER TABLE field_stats DROP COLUMN mean_length;
-- What is stored already is counted once.
DELETE FROM term_stats;
DELETE FROM field_stats;
INSERT INTO field_stats (field, lang, passages, length)
SELECT 'terms', lang, count(*), sum(length) FROM passages WHERE terms IS NOT NULL GROUP BY lang
UNION ALL
SELECT 'gloss', lang, count(*), sum(gloss_length) FROM passages WHERE terms IS NOT NULL AND lang = 'zh' GROUP BY lang;
INSERT INTO term_stats (field, lang, term, documents)
SELECT 'terms', 'en', word, ndoc FROM ts_stat('SELECT terms FROM passages WHERE terms IS NOT NULL AND lang = ''en''')
UNION ALL
SELECT 'terms', 'zh', word, ndoc FROM ts_stat('SELECT terms FROM passages WHERE terms IS NOT NULL AND lang = ''zh''')
UNION ALL
SELECT 'gloss', 'zh', word, ndoc FROM ts_stat('SELECT gloss FROM passages WHERE terms IS NOT NULL AND lang = ''zh''');

-- One space is active: searched, and written to. Beside it another may be building; the one before is kept until it is
-- dropped; of a gone one, vectors are being deleted.
ALTER TABLE spaces ADD COLUMN state text NOT NULL DEFAULT 'active' CHECK (state IN ('building', 'active', 'kept', 'gone'));
UPDATE spaces SET state = 'kept' WHERE id <> (
    SELECT s.id FROM spaces s ORDER BY (SELECT count(*) FROM embeddings e WHERE e.space_id = s.id) DESC, s.id LIMIT 1);
ALTER TABLE spaces DROP COLUMN active;
ALTER TABLE spaces DROP CONSTRAINT spaces_model_key;
CREATE UNIQUE INDEX spaces_active_key ON spaces (state) WHERE state = 'active';
CREATE UNIQUE INDEX spaces_building_key ON spaces (model) WHERE state = 'building';
