-- +goose Up
-- What current versions say of sessions and people, read by rules when they are taken in (see ingest/facts). The rows
-- go with their version. Places are bytes into versions.text, of the line or sentence that says it.
CREATE TABLE sessions (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version_id  bigint NOT NULL REFERENCES versions ON DELETE CASCADE,
    document_id bigint NOT NULL REFERENCES documents ON DELETE CASCADE,
    ordinal     int NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('session', 'meeting')),
    title_keys  text[] NOT NULL,             -- retrieval.Key of each title
    terms       text[] NOT NULL,             -- of the titles
    day         date,
    begins      timestamptz,                 -- null where no time of day is given
    ends        timestamptz,
    utc_offset  int NOT NULL DEFAULT 0,      -- of the session's zone at that time, in seconds
    zoned       boolean NOT NULL,            -- the document says in which zone
    room_keys   text[] NOT NULL,
    track_keys  text[] NOT NULL,
    conference_keys text[] NOT NULL,
    said        jsonb NOT NULL,              -- titles, when, room, track, conference, language: words and places
    CONSTRAINT sessions_place_key UNIQUE (version_id, ordinal)
);
CREATE INDEX sessions_document_idx ON sessions (document_id);
CREATE INDEX sessions_title_idx ON sessions USING gin (title_keys);
CREATE INDEX sessions_terms_idx ON sessions USING gin (terms);
CREATE INDEX sessions_day_idx ON sessions (day);

-- One row a name and version: a person is whoever the rows with matching names speak of.
CREATE TABLE people (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version_id  bigint NOT NULL REFERENCES versions ON DELETE CASCADE,
    document_id bigint NOT NULL REFERENCES documents ON DELETE CASCADE,
    ordinal     int NOT NULL,
    name        text NOT NULL,               -- as written, a form of address set aside
    forms       text[] NOT NULL,
    played      boolean NOT NULL,            -- a part such as "Moderator", no name: never looked up
    keys        text[] NOT NULL,             -- lang.NameKeys of every form
    leads       text[] NOT NULL,             -- the first two characters of each form's key
    start_byte  int NOT NULL,
    end_byte    int NOT NULL,
    about_start int NOT NULL DEFAULT 0,
    about_end   int NOT NULL DEFAULT 0,
    CONSTRAINT people_place_key UNIQUE (version_id, ordinal)
);
CREATE INDEX people_document_idx ON people (document_id);
CREATE INDEX people_keys_idx ON people USING gin (keys);
CREATE INDEX people_leads_idx ON people USING gin (leads);

-- Positions. Two for one person are both kept; the document of each gives its date.
CREATE TABLE person_titles (
    person_id   bigint NOT NULL REFERENCES people ON DELETE CASCADE,
    ordinal     int NOT NULL,
    title       text NOT NULL,
    organisation text NOT NULL,
    start_byte  int NOT NULL,
    end_byte    int NOT NULL,
    PRIMARY KEY (person_id, ordinal)
);

CREATE TABLE session_speakers (
    session_id  bigint NOT NULL REFERENCES sessions ON DELETE CASCADE,
    ordinal     int NOT NULL,
    person_id   bigint NOT NULL REFERENCES people ON DELETE CASCADE,
    name        text NOT NULL,               -- as written there
    start_byte  int NOT NULL,
    end_byte    int NOT NULL,
    PRIMARY KEY (session_id, ordinal)
);
CREATE INDEX session_speakers_person_idx ON session_speakers (person_id);
