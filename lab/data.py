# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sample data: a bit of everything that a clone has to carry, and bulk by the megabyte."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from typing import Any

from pymysql.cursors import Cursor

from lab import fetch
from lab.errors import LabError
from lab.node import Node

MIB = 1 << 20
SIZES = {"none": 0, "small": 8, "medium": 256}  # MiB
SCHEMA = "lab_shop"
ARCHIVE = "lab_archive"
SYSBENCH_SCHEMA = "lab_sysbench"
TABLESPACE = "lab_space"

_BODY_BYTES = 7 * 1024  # with the row's other columns two rows fill a page of 16 KiB
_BATCH_ROWS = 512
_SYSBENCH_ROW_BYTES = 320  # measured at 60 MiB: table and index, bytes a row

_STATEMENTS = (
    f"CREATE DATABASE {SCHEMA} DEFAULT CHARACTER SET utf8mb4",
    f"CREATE DATABASE {ARCHIVE} DEFAULT CHARACTER SET utf8mb4",
    f"USE {SCHEMA}",
    """
    CREATE TABLE customers (
      id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      name VARCHAR(100) NOT NULL,
      email VARCHAR(120) NOT NULL UNIQUE,
      profile JSON,
      country CHAR(2) AS (JSON_UNQUOTE(profile->'$.country')) STORED,
      email_domain VARCHAR(120) AS (SUBSTRING_INDEX(email, '@', -1)) VIRTUAL,
      balance DECIMAL(12,2) NOT NULL DEFAULT 0,
      created DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
      KEY by_domain (email_domain),
      KEY by_country (country, created DESC),
      CONSTRAINT sane_balance CHECK (balance > -1000000)
    )""",
    """
    CREATE TABLE orders (
      id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      customer_id INT UNSIGNED NOT NULL,
      state ENUM('open', 'paid', 'sent') NOT NULL DEFAULT 'open',
      total DECIMAL(12,2) NOT NULL,
      ordered DATE NOT NULL,
      FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE
    )""",
    """
    CREATE TABLE order_lines (
      order_id INT UNSIGNED NOT NULL,
      line SMALLINT UNSIGNED NOT NULL,
      article VARCHAR(60) NOT NULL,
      quantity INT NOT NULL,
      price DECIMAL(10,2) NOT NULL,
      PRIMARY KEY (order_id, line),
      FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE
    )""",
    """
    CREATE TABLE measurements (
      id BIGINT UNSIGNED NOT NULL,
      year SMALLINT NOT NULL,
      reading DOUBLE,
      PRIMARY KEY (id, year)
    ) PARTITION BY RANGE (year) (
      PARTITION before_2024 VALUES LESS THAN (2024),
      PARTITION in_2024 VALUES LESS THAN (2025),
      PARTITION later VALUES LESS THAN MAXVALUE
    )""",
    """
    CREATE TABLE documents (
      id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      title VARCHAR(80) NOT NULL,
      body MEDIUMBLOB NOT NULL
    )""",
    """
    CREATE TABLE articles (
      id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      words TEXT NOT NULL,
      place POINT NOT NULL SRID 4326,
      FULLTEXT KEY (words),
      SPATIAL KEY (place)
    ) ROW_FORMAT=COMPRESSED""",
    "CREATE TABLE customer_log (id INT AUTO_INCREMENT PRIMARY KEY, customer_id INT UNSIGNED, what VARCHAR(20))",
    # The server keeps only its definition in a clone: the rows are not InnoDB's.
    "CREATE TABLE legacy_notes (id INT NOT NULL PRIMARY KEY, note VARCHAR(80)) ENGINE=MyISAM",
    f"CREATE TABLESPACE {TABLESPACE} ADD DATAFILE '{TABLESPACE}.ibd' ENGINE=InnoDB",
    f"CREATE TABLE {ARCHIVE}.ledger (id INT PRIMARY KEY, entry VARCHAR(200), at DATETIME) TABLESPACE {TABLESPACE}",
    """
    CREATE TRIGGER customers_logged AFTER INSERT ON customers FOR EACH ROW
      INSERT INTO customer_log (customer_id, what) VALUES (NEW.id, 'insert')""",
    """
    CREATE VIEW order_totals AS
      SELECT c.id, c.name, COUNT(o.id) AS orders, SUM(o.total) AS total
      FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id""",
    "CREATE FUNCTION with_tax (net DECIMAL(12,2)) RETURNS DECIMAL(12,2) DETERMINISTIC RETURN net * 1.19",
    """
    CREATE PROCEDURE pay_order (IN wanted INT UNSIGNED) MODIFIES SQL DATA
      UPDATE orders SET state = 'paid' WHERE id = wanted""",
    """
    CREATE EVENT archive_orders ON SCHEDULE EVERY 1 DAY DISABLE DO
      INSERT IGNORE INTO lab_archive.ledger
        SELECT id, CONCAT('order ', id), ordered FROM orders WHERE state = 'sent'""",
    "SET SESSION cte_max_recursion_depth = 1000000",
    """
    INSERT INTO customers (name, email, profile, balance)
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
    SELECT CONCAT(ELT(1 + i % 5, 'Zoë Müller', '王小明', 'Łukasz 🚀', 'नमस्ते', 'O''Brien "x" \\\\ 100%'), ' ', i),
      CONCAT('c', i, '@', ELT(1 + i % 3, 'example.com', 'example.org', 'example.net')),
      JSON_OBJECT('country', ELT(1 + i % 4, 'DE', 'CN', 'PL', 'IN'), 'tags', JSON_ARRAY(i % 7, '😀'), 'vip', i % 9 = 0),
      i * 1.25
    FROM n""",
    """
    INSERT INTO orders (customer_id, state, total, ordered)
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3)
    SELECT c.id, ELT(i, 'open', 'paid', 'sent'), c.id * i, DATE '2025-01-01' + INTERVAL (c.id % 365) DAY
    FROM customers c JOIN n""",
    """
    INSERT INTO order_lines
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2)
    SELECT o.id, i, CONCAT('article 商品 ', o.id % 50), i, o.total / i FROM orders o JOIN n""",
    """
    INSERT INTO measurements
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
    SELECT i, 2022 + i % 5, RAND(i) FROM n""",
    """
    INSERT INTO articles (words, place) VALUES
      ('the quick brown fox', ST_SRID(POINT(8.4, 49.0), 4326)),
      ('数据库 克隆 clone', ST_SRID(POINT(116.4, 39.9), 4326))""",
    "INSERT INTO legacy_notes VALUES (1, 'stays behind'), (2, 'not InnoDB'), (3, '不会被克隆')",
    """
    INSERT INTO lab_archive.ledger
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
    SELECT i, CONCAT('entry ', i, ' ', SHA2(i, 256)), TIMESTAMP '2025-01-01 00:00:00' + INTERVAL i HOUR FROM n""",
)
_BODY = f"CONCAT({', '.join(['RANDOM_BYTES(1024)'] * (_BODY_BYTES // 1024))})"
_BULK = f"""
    INSERT INTO documents (title, body)
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)
    SELECT CONCAT('document ', %s + i, ' 📄'), {_BODY} FROM n"""


def parse_size(text: str) -> int:
    """A size in MiB: a number or one of the names in :data:`SIZES`."""
    if text in SIZES:
        return SIZES[text]
    if not text.isdecimal():
        raise LabError(f"size {text!r}: expected a number of MiB or one of {', '.join(SIZES)}")
    return int(text)


def load(node: Node, size: int, sysbench: bool = False) -> dict[str, Any]:
    """Fill a server with about ``size`` MiB of sample data, in place of what an earlier call left.

    :param sysbench: the bulk as sysbench's OLTP tables instead of documents with random content.
    """
    begin = time.monotonic()
    with contextlib.closing(node.connect()) as connection, connection.cursor() as cursor:
        _drop(cursor)
        for statement in _STATEMENTS:
            cursor.execute(statement)
        if not sysbench:
            _bulk(cursor, size)
    if sysbench:
        _sysbench(node, size)
    return {"node": node.name, **contents(node), "seconds": round(time.monotonic() - begin, 2)}


def _drop(cursor: Cursor) -> None:
    for schema in (SCHEMA, ARCHIVE, SYSBENCH_SCHEMA):
        cursor.execute(f"DROP DATABASE IF EXISTS {schema}")
    cursor.execute(
        "SELECT 1 FROM information_schema.files WHERE tablespace_name = %s AND file_type = 'TABLESPACE'", (TABLESPACE,)
    )
    if cursor.fetchall():
        cursor.execute(f"DROP TABLESPACE {TABLESPACE}")


def _bulk(cursor: Cursor, size: int) -> None:
    rows = size * MIB // (8 * 1024)
    for done in range(0, rows, _BATCH_ROWS):
        cursor.execute(_BULK, (min(_BATCH_ROWS, rows - done), done))


def _sysbench(node: Node, size: int) -> None:
    tool = fetch.sysbench()
    tables = 4
    rows = max(100, size * MIB // _SYSBENCH_ROW_BYTES // tables)
    node.sql(f"CREATE DATABASE {SYSBENCH_SCHEMA}")
    settings = node.directory / "sysbench.conf"
    values = {
        "db-driver": "mysql",
        "mysql-socket": node.socket,
        "mysql-user": "root",
        # In a file of ours, not among the arguments that everybody can read.
        "mysql-password": node.root_password,
        "mysql-db": SYSBENCH_SCHEMA,
        "threads": min(tables, os.cpu_count() or 1),
    }
    with open(os.open(settings, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())
    try:
        result = subprocess.run(
            # The script's own options are only taken from the command line.
            [
                tool["program"],
                f"--config-file={settings}",
                "oltp_read_write",
                f"--tables={tables}",
                f"--table-size={rows}",
                "prepare",
            ],
            cwd=tool["scripts"],
            env={**os.environ, **tool["environment"]},
            text=True,
            capture_output=True,
            timeout=1800,
            check=False,
        )
    finally:
        settings.unlink()
    if result.returncode:
        words = [line for line in (result.stdout + result.stderr).splitlines() if "FATAL" in line]
        raise LabError(f"sysbench on {node.name}: {' '.join(words[:2]) or f'exit status {result.returncode}'}")


def contents(node: Node) -> dict[str, Any]:
    """What a server holds beyond its own schemas: number of tables and bytes of their InnoDB files."""
    own = "('mysql', 'sys', 'performance_schema', 'information_schema')"
    tables = node.sql(
        "SELECT COUNT(*) AS n FROM information_schema.tables "
        f"WHERE table_type = 'BASE TABLE' AND table_schema NOT IN {own}"
    )[0]["n"]
    spaces = node.sql(
        "SELECT CAST(COALESCE(SUM(file_size), 0) AS UNSIGNED) AS bytes FROM information_schema.innodb_tablespaces "
        "WHERE space_type IN ('Single', 'General') AND name NOT IN ('mysql', 'sys/sys_config')"
    )[0]["bytes"]
    return {"tables": tables, "bytes": int(spaces)}
