-- The guestbook's tables. Can be run again at any time.

CREATE TABLE IF NOT EXISTS entries (
  id          BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  name        VARCHAR(80)     NOT NULL,
  message     VARCHAR(1000)   NOT NULL,
  instance    VARCHAR(64)     NOT NULL COMMENT 'the application server that wrote it',
  created_at  DATETIME(3)     NOT NULL COMMENT 'UTC',
  probe       BINARY(32)      NULL COMMENT 'sha256 of the token that deletes it; NULL: a real entry',
  PRIMARY KEY (id),
  KEY probes (probe, created_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
