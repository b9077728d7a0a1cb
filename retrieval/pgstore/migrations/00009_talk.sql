-- +goose Up
-- What has been asked in one conversation, for the questions that follow on it. Whoever holds the id may go on with it;
-- it is forgotten when its holder says so, or some time after it was last used.
CREATE TABLE conversations (
    id          text PRIMARY KEY,            -- unguessable
    used_at     timestamptz NOT NULL
);
CREATE INDEX conversations_used_idx ON conversations (used_at);

CREATE TABLE turns (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation_id text NOT NULL REFERENCES conversations ON DELETE CASCADE,
    turn        jsonb NOT NULL,              -- see bot.turn
    audiences   text[] NOT NULL,             -- what the asker could see
    documents   bigint[] NOT NULL            -- what the answer was made from
);
CREATE INDEX turns_conversation_idx ON turns (conversation_id, id);

-- An answer is shown again to those who may see all that it was made from, and could have been given it. Of answers kept
-- before this it is not known what their askers could see: only staff may have them.
ALTER TABLE answers ADD COLUMN whole text NOT NULL DEFAULT '';  -- the question as it was understood, where a conversation completed it
ALTER TABLE answers ADD COLUMN audiences text[] NOT NULL DEFAULT '{public,staff}';
ALTER TABLE answers ADD COLUMN documents bigint[] NOT NULL DEFAULT '{}';
ALTER TABLE answers ALTER COLUMN audiences DROP DEFAULT, ALTER COLUMN documents DROP DEFAULT;
UPDATE answers SET documents = coalesce((SELECT array_agg(DISTINCT (d #>> '{}')::bigint) FROM jsonb_path_query(answer, '$.**.document ? (@.type() == "number")') AS d), '{}');
CREATE INDEX answers_created_idx ON answers (created_at);

-- What readers thought of an answer: the last word of each surface counts.
CREATE TABLE feedback (
    answer_id   text NOT NULL REFERENCES answers ON DELETE CASCADE,
    surface     text NOT NULL,               -- web, slack
    value       text NOT NULL CHECK (value IN ('up', 'down')),
    reason      text NOT NULL DEFAULT '',
    given_at    timestamptz NOT NULL,
    PRIMARY KEY (answer_id, surface)
);

-- Answers that the organisers wrote for a question.
CREATE TABLE curated (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    question    text NOT NULL,
    answer      text NOT NULL,
    lang        text NOT NULL CHECK (lang IN ('en', 'zh')),
    source      text NOT NULL DEFAULT '',
    audience    text NOT NULL CHECK (audience IN ('public', 'staff')),
    until       timestamptz,                 -- null: it does not expire
    written_at  timestamptz NOT NULL,
    space_id    bigint REFERENCES spaces ON DELETE SET NULL, -- in another one only the same words match
    vector      real[] NOT NULL              -- of the question, as the model gave it
);
