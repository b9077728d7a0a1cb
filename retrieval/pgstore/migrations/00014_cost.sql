-- +goose Up
-- What a day's tokens cost, in millionths of the currency of the prices in the settings.
ALTER TABLE spend ADD COLUMN micros bigint NOT NULL DEFAULT 0;
