-- +goose Up
CREATE TABLE documents (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event       text NOT NULL DEFAULT '',
    source      text NOT NULL,               -- path or address; the document's identity within its event
    kind        text NOT NULL DEFAULT '',
    audience    text NOT NULL DEFAULT 'public' CHECK (audience IN ('public', 'staff')),
    embargo     timestamptz,                 -- until then staff only
    version     bigint,                      -- the current version; null once pruned
    parallel    text NOT NULL DEFAULT '',    -- source of the same text in the other language
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT documents_source_key UNIQUE (event, source)
);

-- What a document said at one time. Old versions stay for the record: an answer given is an answer kept.
CREATE TABLE versions (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_id bigint NOT NULL REFERENCES documents ON DELETE CASCADE,
    hash        bytea NOT NULL,              -- SHA-256 of the bytes and of the pipeline's version
    title       text NOT NULL,
    lang        text NOT NULL CHECK (lang IN ('en', 'zh')),
    date        date,
    text        text NOT NULL,
    blocks      jsonb NOT NULL,              -- structure of text, for the reader; see ingest/source.Block
    warnings    text[] NOT NULL DEFAULT '{}',
    ingested_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX versions_document_idx ON versions (document_id);
ALTER TABLE documents ADD CONSTRAINT documents_version_fkey FOREIGN KEY (version) REFERENCES versions;

CREATE TABLE passages (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version_id  bigint NOT NULL REFERENCES versions ON DELETE CASCADE,
    document_id bigint NOT NULL REFERENCES documents ON DELETE CASCADE,
    ordinal     int NOT NULL,
    lang        text NOT NULL CHECK (lang IN ('en', 'zh')),
    heading     text NOT NULL DEFAULT '',
    page        int NOT NULL DEFAULT 0,
    start_byte  int NOT NULL,                -- into versions.text
    end_byte    int NOT NULL,
    context     text NOT NULL DEFAULT '',    -- embedded and indexed before the text: title, headings
    text        text NOT NULL,
    terms       tsvector,                    -- same-language terms; null once the version is no longer current
    gloss       tsvector,                    -- of Chinese passages: English stems of the words' glosses
    length      int NOT NULL,                -- of terms, repeated ones counted
    gloss_length int NOT NULL,
    CONSTRAINT passages_place_key UNIQUE (version_id, ordinal)
);
CREATE INDEX passages_document_idx ON passages (document_id);
CREATE INDEX passages_terms_idx ON passages USING gin (terms);
CREATE INDEX passages_gloss_idx ON passages USING gin (gloss);

-- One embedding model with its calibration. Vectors of two spaces are never compared.
CREATE TABLE spaces (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model       text NOT NULL,
    dim         int NOT NULL CHECK (dim BETWEEN 1 AND 4000),
    revision    int NOT NULL DEFAULT 0,      -- counts the calibrations
    calibration jsonb NOT NULL,              -- see retrieval.Calibration
    active      boolean NOT NULL DEFAULT true,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT spaces_model_key UNIQUE (model)
);

-- Vectors of the current versions' passages: language centroid removed, length 1. halfvec of 384 dimensions stays in the
-- row, and MAIN keeps longer ones there too, so that a scan does not go to TOAST.
CREATE TABLE embeddings (
    space_id    bigint NOT NULL REFERENCES spaces ON DELETE CASCADE,
    passage_id  bigint NOT NULL REFERENCES passages ON DELETE CASCADE,
    lang        text NOT NULL,
    han         real NOT NULL,               -- share of Han among the letters: weighs the two centroids
    norm        real NOT NULL,               -- length before scaling to 1; gives the raw vector back
    embedding   halfvec NOT NULL,
    PRIMARY KEY (space_id, passage_id)
);
ALTER TABLE embeddings ALTER COLUMN embedding SET STORAGE MAIN;
CREATE INDEX embeddings_passage_idx ON embeddings (passage_id);

-- Document frequencies for the lexical arms, made anew after each ingest.
CREATE TABLE term_stats (
    field       text NOT NULL CHECK (field IN ('terms', 'gloss')),
    lang        text NOT NULL,
    term        text NOT NULL,
    documents   int NOT NULL,                -- passages that hold the term
    PRIMARY KEY (field, lang, term)
);
CREATE TABLE field_stats (
    field       text NOT NULL,
    lang        text NOT NULL,
    passages    int NOT NULL,
    mean_length real NOT NULL,               -- terms a passage, repeated ones counted
    PRIMARY KEY (field, lang)
);

-- Answers given, as they were.
CREATE TABLE answers (
    id          text PRIMARY KEY,            -- unguessable
    question    text NOT NULL,
    lang        text NOT NULL,
    kind        text NOT NULL,
    answer      jsonb NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);
