-- +goose Up
-- What Slack delivered, stored before it is acknowledged and kept until it is dealt with. See retrieval.Delivery.
CREATE TABLE slack_deliveries (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lane        text NOT NULL,
    place       text NOT NULL,
    payload     jsonb,                       -- null once it is dealt with
    received_at timestamptz NOT NULL DEFAULT now(),
    due_at      timestamptz NOT NULL DEFAULT now(),
    worker      bigint,                      -- the number of the process that has it in work, see pgstore.lockSlack
    tries       int NOT NULL DEFAULT 0,
    deaths      int NOT NULL DEFAULT 0,      -- of processes that had it in work
    stopped     boolean NOT NULL DEFAULT false, -- its asker pressed stop
    posted      text[] NOT NULL DEFAULT '{}',
    done_at     timestamptz
);
CREATE INDEX slack_deliveries_open_idx ON slack_deliveries (lane) WHERE done_at IS NULL;
CREATE INDEX slack_deliveries_lane_idx ON slack_deliveries (lane, place);
CREATE INDEX slack_deliveries_done_idx ON slack_deliveries (done_at) WHERE done_at IS NOT NULL;

-- What has been delivered, for as long as it may be delivered again.
CREATE TABLE slack_keys (
    key         text PRIMARY KEY,
    seen_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX slack_keys_seen_idx ON slack_keys (seen_at);

-- Threads that the bot is in, each with its conversation.
CREATE TABLE slack_lanes (
    lane        text PRIMARY KEY,
    conversation text NOT NULL DEFAULT '',
    used_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX slack_lanes_used_idx ON slack_lanes (used_at);

-- The language that a person chose on the bot's home tab.
CREATE TABLE slack_people (
    person      text PRIMARY KEY,            -- workspace and user
    lang        text NOT NULL CHECK (lang IN ('en', 'zh'))
);

-- Until when Slack has asked not to be called, by method and, of posts, channel: for all processes.
CREATE TABLE slack_waits (
    key         text PRIMARY KEY,
    until       timestamptz NOT NULL
);
