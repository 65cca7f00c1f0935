use super::*;

static ONE: Schema = Schema {
    what: "test file",
    application_id: 7,
    setup: "",
    patience: PATIENCE,
    migrations: &["CREATE TABLE a (x INTEGER NOT NULL) STRICT; INSERT INTO a VALUES (1);"],
};

static TWO: Schema = Schema {
    what: "test file",
    application_id: 7,
    setup: "",
    patience: PATIENCE,
    migrations: &[
        ONE.migrations[0],
        "ALTER TABLE a ADD COLUMN y INTEGER NOT NULL DEFAULT 5; UPDATE a SET x = x + 1;",
    ],
};

/// Its second half fails after the first has changed something.
static BROKEN: Schema = Schema {
    what: "test file",
    application_id: 7,
    setup: "",
    patience: PATIENCE,
    migrations: &[
        TWO.migrations[0],
        TWO.migrations[1],
        "INSERT INTO a (x) VALUES (9)",
        "INSERT INTO nowhere VALUES (1)",
    ],
};

fn numbers(db: &Database, sql: &str) -> Vec<i64> {
    db.read(|tx| tx.prepare(sql)?.query_map([], |row| row.get(0))?.collect()).unwrap()
}

#[test]
fn an_older_file_is_brought_to_the_newest_version_and_keeps_its_rows() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.db");
    let db = Database::open(&path, &ONE).unwrap();
    db.write(|tx| tx.execute("INSERT INTO a VALUES (10)", [])).unwrap();
    drop(db);
    for _ in 0..2 {
        let db = Database::open(&path, &TWO).unwrap();
        assert_eq!(numbers(&db, "SELECT x FROM a ORDER BY x"), [2, 11], "migrated once");
        assert_eq!(numbers(&db, "SELECT y FROM a"), [5, 5]);
    }
    let error = Database::open(&path, &ONE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
}

#[test]
fn a_migration_that_fails_leaves_the_file_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.db");
    drop(Database::open(&path, &TWO).unwrap());
    let error = Database::open(&path, &BROKEN).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage, "{error}");
    assert!(error.to_string().contains("nowhere"), "{error}");
    let db = Database::open(&path, &TWO).unwrap();
    assert_eq!(numbers(&db, "SELECT x FROM a"), [2]);
}

#[test]
fn many_migrate_one_file_together() {
    for _ in 0..10 {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.db");
        drop(Database::open(&path, &ONE).unwrap());
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    let db = Database::open(&path, &TWO).unwrap();
                    assert_eq!(numbers(&db, "SELECT x FROM a"), [2]);
                });
            }
        });
    }
}

#[test]
fn a_write_is_all_or_nothing_also_when_it_panics() {
    let db = Database::open(Path::new(":memory:"), &ONE).unwrap();
    let failed: Result<()> = db.write(|tx| {
        tx.execute("INSERT INTO a VALUES (2)", [])?;
        Err(rusqlite::Error::InvalidQuery)
    });
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::Storage);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _: Result<()> = db.write(|tx| {
            tx.execute("INSERT INTO a VALUES (3)", [])?;
            panic!("on purpose");
        });
    }));
    assert!(panicked.is_err());
    assert_eq!(numbers(&db, "SELECT x FROM a"), [1]);
    db.write(|tx| tx.execute("INSERT INTO a VALUES (4)", [])).unwrap();
    assert_eq!(numbers(&db, "SELECT x FROM a"), [1, 4]);
}

#[test]
fn the_file_is_shared_as_documented() {
    let dir = tempfile::tempdir().unwrap();
    let db = Database::open(&dir.path().join("x.db"), &ONE).unwrap();
    let slot = db.lock().unwrap();
    let pragma = |name: &str| -> String {
        let value: rusqlite::types::Value =
            slot.as_ref().unwrap().query_row(&format!("PRAGMA {name}"), [], |row| row.get(0)).unwrap();
        match value {
            rusqlite::types::Value::Text(text) => text,
            rusqlite::types::Value::Integer(number) => number.to_string(),
            other => panic!("{other:?}"),
        }
    };
    let expected = [
        ("journal_mode", "wal"),
        ("synchronous", "1"),
        ("foreign_keys", "1"),
        ("secure_delete", "1"),
        ("busy_timeout", "5000"),
        ("application_id", "7"),
        ("user_version", "1"),
    ];
    for (name, value) in expected {
        assert_eq!(pragma(name), value, "{name}");
    }
}
