-- +goose Up
-- River's own tables (river_job and those beside it) are brought up to date by Migrate itself, after these.

-- One taking-in: who began it, by command and pipeline version and by nothing that names a person or a machine.
CREATE TABLE batches (
    id          text PRIMARY KEY,
    ingester    text NOT NULL,
    started_at  timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE documents
    ADD COLUMN canonical     text NOT NULL DEFAULT '',   -- id or canonical address that the document gives itself
    ADD COLUMN supersedes    text NOT NULL DEFAULT '',   -- source of the document it says it takes the place of
    ADD COLUMN superseded_by bigint REFERENCES documents ON DELETE SET NULL, -- then version is null and the next names what it was
    ADD COLUMN withdrawn     bigint REFERENCES versions ON DELETE SET NULL,
    ADD COLUMN bands         bigint[] NOT NULL DEFAULT '{}'; -- of the text's MinHash signature; see ingest.Bands
CREATE INDEX documents_bands_idx ON documents USING gin (bands);
CREATE INDEX documents_canonical_idx ON documents (event, canonical) WHERE canonical <> '';
CREATE INDEX documents_supersedes_idx ON documents (event, supersedes) WHERE supersedes <> '';
CREATE INDEX documents_superseded_idx ON documents (superseded_by) WHERE superseded_by IS NOT NULL;

-- Where each version, and so each passage, came from; ingested_at says when.
ALTER TABLE versions
    ADD COLUMN batch    text NOT NULL DEFAULT '',
    ADD COLUMN ingester text NOT NULL DEFAULT '',
    ADD COLUMN pipeline int NOT NULL DEFAULT 0,
    ADD COLUMN model    text NOT NULL DEFAULT '';
CREATE INDEX versions_batch_idx ON versions (batch) WHERE batch <> '';

-- Documents on their way in: at most one of each, the newest that was handed in. Its job does nothing once the row is
-- gone or holds another hash. The bytes stand here because a worker on another machine cannot see the folder; they go
-- with the row when the document is stored, and stay while it is parked.
CREATE TABLE inbox (
    event       text NOT NULL,
    source      text NOT NULL,
    hash        bytea NOT NULL,              -- as versions.hash will be
    job         bigint NOT NULL,             -- river_job.id
    batch       text NOT NULL,
    content     bytea NOT NULL,
    queued_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (event, source)
);
ALTER TABLE inbox ALTER COLUMN content SET STORAGE EXTERNAL; -- short-lived: compressing costs more than it saves
CREATE INDEX inbox_job_idx ON inbox (job);
CREATE INDEX inbox_batch_idx ON inbox (batch);

-- Embedded passages of long documents that are not complete yet, so that a worker's death costs none of them.
CREATE TABLE staged (
    hash        bytea NOT NULL,              -- of the version
    model       text NOT NULL,
    revision    int NOT NULL,                -- of the space's calibration
    first       int NOT NULL,                -- ordinal of the first passage in the row
    passages    bytea NOT NULL,              -- gob of []retrieval.IndexedPassage
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (hash, model, revision, first)
);
ALTER TABLE staged ALTER COLUMN passages SET STORAGE EXTERNAL;

-- A row for each change of the documents that the term figures do not know of yet.
CREATE TABLE ingest_changes (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
);

-- What is taken in again from time to time, by whichever process is the first to see that it is due.
CREATE TABLE schedules (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event       text NOT NULL DEFAULT '',
    places      text[] NOT NULL,             -- absolute paths and addresses
    options     jsonb NOT NULL,              -- see ingest.Schedule
    every       interval NOT NULL,
    due_at      timestamptz NOT NULL,
    last_at     timestamptz,                 -- when it was last begun
    last_error  text NOT NULL DEFAULT '',
    CONSTRAINT schedules_places_key UNIQUE (event, places)
);
