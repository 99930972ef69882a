-- SPDX-License-Identifier: Apache-2.0
--
-- Version 1. Minutes are UTC minutes since the Unix epoch, instants nanoseconds.
-- Who writes: store.go, in one transaction a batch. Who deletes: retain.go.

-- One row: which batch was the last, so that none is written twice.
CREATE TABLE progress (
  only_row        INTEGER PRIMARY KEY CHECK (only_row = 1),
  batch           INTEGER NOT NULL,
  durable_through INTEGER NOT NULL
) STRICT;
INSERT INTO progress VALUES (1, 0, 0);

-- A series is known from first_minute on, and was last heard of in last_minute.
CREATE TABLE series (
  id           INTEGER PRIMARY KEY,
  namespace    TEXT NOT NULL,
  name         TEXT NOT NULL,
  environment  TEXT NOT NULL,
  sli          TEXT NOT NULL,
  definition   TEXT NOT NULL,
  first_minute INTEGER NOT NULL,
  last_minute  INTEGER NOT NULL,
  UNIQUE (name, namespace, environment, sli, definition)
) STRICT;

-- Totals by minute of event time; minutes without events have no row.
CREATE TABLE counts (
  series INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
  minute INTEGER NOT NULL,
  good   INTEGER NOT NULL,
  bad    INTEGER NOT NULL,
  late   INTEGER NOT NULL,
  PRIMARY KEY (series, minute)
) STRICT, WITHOUT ROWID;

-- Which writer counted for which service since when.
CREATE TABLE sights (
  namespace   TEXT NOT NULL,
  name        TEXT NOT NULL,
  environment TEXT NOT NULL,
  instance    TEXT NOT NULL,
  minute      INTEGER NOT NULL,
  PRIMARY KEY (name, namespace, environment, instance)
) STRICT, WITHOUT ROWID;

-- The minutes in which a writer was measuring.
CREATE TABLE heartbeats (
  instance TEXT NOT NULL,
  minute   INTEGER NOT NULL,
  PRIMARY KEY (instance, minute)
) STRICT, WITHOUT ROWID;
