-- When a run last wrote, to the minute: one that has been silent for longer than calls are kept has none left, and goes.
ALTER TABLE run ADD COLUMN last_us INTEGER NOT NULL DEFAULT 0;
UPDATE run SET last_us = CAST(strftime('%s', 'now') AS INTEGER) * 1000000;
