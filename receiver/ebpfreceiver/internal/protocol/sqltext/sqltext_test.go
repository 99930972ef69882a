// SPDX-License-Identifier: Apache-2.0

package sqltext

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// statements are texts and what is to be told of them.
var statements = []struct {
	name                                      string
	dialect                                   Dialect
	text                                      string
	operation, collection, procedure, summary string
	obfuscated                                string
}{
	{"a query", PostgreSQL, "SELECT name FROM users WHERE id = 42 AND mail = 'hunter2'", "SELECT", "users", "", "SELECT users",
		"SELECT name FROM users WHERE id = ? AND mail = ?"},
	{"lower case, ends with a semicolon", PostgreSQL, "select * from users;", "SELECT", "users", "", "SELECT users", "select * from users;"},
	{"no table", PostgreSQL, "SELECT 1", "SELECT", "", "", "SELECT", "SELECT ?"},
	{"a schema", PostgreSQL, `SELECT * FROM public.users u`, "SELECT", "public.users", "", "SELECT public.users", "SELECT * FROM public.users u"},
	{"quoted names", PostgreSQL, `SELECT * FROM "public"."Users"`, "SELECT", "public.Users", "", "SELECT public.Users", `SELECT * FROM "public"."Users"`},
	{"half quoted", PostgreSQL, `SELECT * FROM "public".users`, "SELECT", "public.users", "", "SELECT public.users", `SELECT * FROM "public".users`},
	{"backticks", MySQL, "SELECT * FROM `shop`.`users`", "SELECT", "shop.users", "", "SELECT shop.users", "SELECT * FROM `shop`.`users`"},
	{"joins", PostgreSQL, "SELECT * FROM songs s JOIN artists a ON s.artist = a.id LEFT JOIN labels ON true", "SELECT", "songs", "",
		"SELECT songs artists labels", "SELECT * FROM songs s JOIN artists a ON s.artist = a.id LEFT JOIN labels ON ?"},
	{"a list of tables", PostgreSQL, "SELECT a, b FROM songs AS s, artists, songs t WHERE x IN (1, 2, 3), y", "SELECT", "songs", "",
		"SELECT songs artists", "SELECT a, b FROM songs AS s, artists, songs t WHERE x IN (?), y"},
	{"joins in parentheses", PostgreSQL, "SELECT * FROM (songs JOIN artists ON true), labels", "SELECT", "songs", "", "SELECT songs artists labels",
		"SELECT * FROM (songs JOIN artists ON ?), labels"},
	{"a subquery", PostgreSQL, "SELECT x FROM (SELECT a, b FROM orders o JOIN customers c USING (id)) t, (SELECT 1) u", "SELECT", "orders", "",
		"SELECT SELECT orders customers SELECT", "SELECT x FROM (SELECT a, b FROM orders o JOIN customers c USING (id)) t, (SELECT ?) u"},
	{"a subquery in a condition", PostgreSQL, "DELETE FROM a WHERE id IN (SELECT id FROM b)", "DELETE", "a", "", "DELETE a SELECT b",
		"DELETE FROM a WHERE id IN (SELECT id FROM b)"},
	{"insert", PostgreSQL, "INSERT INTO users (name, age) VALUES ('hunter2', 7), ('hunter2', -8)", "INSERT", "users", "", "INSERT users",
		"INSERT INTO users (name, age) VALUES (?, ?), (?, ?)"},
	{"insert of a query", PostgreSQL, "INSERT INTO shipping SELECT id, address FROM orders WHERE id = $1", "INSERT", "shipping", "",
		"INSERT shipping SELECT orders", "INSERT INTO shipping SELECT id, address FROM orders WHERE id = $1"},
	{"upsert", PostgreSQL, "INSERT INTO t VALUES (1) ON CONFLICT (id) DO UPDATE SET x = excluded.x RETURNING id", "INSERT", "t", "", "INSERT t",
		"INSERT INTO t VALUES (?) ON CONFLICT (id) DO UPDATE SET x = excluded.x RETURNING id"},
	{"duplicate key", MySQL, "INSERT IGNORE INTO t VALUES (1) ON DUPLICATE KEY UPDATE x = x + 1", "INSERT", "t", "", "INSERT t",
		"INSERT IGNORE INTO t VALUES (?) ON DUPLICATE KEY UPDATE x = x + ?"},
	{"without INTO", MySQL, "INSERT t VALUES (1)", "INSERT", "t", "", "INSERT t", "INSERT t VALUES (?)"},
	{"replace", MySQL, "REPLACE INTO t SET a = REPLACE(b, 'x', 'y')", "REPLACE", "t", "", "REPLACE t", "REPLACE INTO t SET a = REPLACE(b, ?, ?)"},
	{"update", PostgreSQL, "UPDATE ONLY accounts SET a = a + 10 FROM branches WHERE x = 1", "UPDATE", "accounts", "", "UPDATE accounts branches",
		"UPDATE ONLY accounts SET a = a + ? FROM branches WHERE x = ?"},
	{"update of two", MySQL, "UPDATE a, b SET a.x = b.x", "UPDATE", "a", "", "UPDATE a b", "UPDATE a, b SET a.x = b.x"},
	{"for update", PostgreSQL, "SELECT * FROM t FOR UPDATE", "SELECT", "t", "", "SELECT t", "SELECT * FROM t FOR UPDATE"},
	{"union", PostgreSQL, "SELECT a, b FROM x UNION ALL SELECT c, d FROM y", "SELECT", "x", "", "SELECT x SELECT y",
		"SELECT a, b FROM x UNION ALL SELECT c, d FROM y"},
	{"common table expressions", PostgreSQL, "WITH RECURSIVE a (x) AS (SELECT 1 FROM t), b AS MATERIALIZED (DELETE FROM u RETURNING *) UPDATE v SET x = 1 FROM a, b",
		"UPDATE", "t", "", "SELECT t DELETE u UPDATE v", "WITH RECURSIVE a (x) AS (SELECT ? FROM t), b AS MATERIALIZED (DELETE FROM u RETURNING *) UPDATE v SET x = ? FROM a, b"},
	{"merge", PostgreSQL, "MERGE INTO stock s USING sales v ON s.id = v.id WHEN MATCHED THEN UPDATE SET n = 1 WHEN NOT MATCHED THEN INSERT VALUES (1)",
		"MERGE", "stock", "", "MERGE stock sales", "MERGE INTO stock s USING sales v ON s.id = v.id WHEN MATCHED THEN UPDATE SET n = ? WHEN NOT MATCHED THEN INSERT VALUES (?)"},
	{"words with FROM that name no table", PostgreSQL, "SELECT extract(epoch FROM at), substring(a FROM 2), a IS DISTINCT FROM b FROM t", "SELECT", "t", "",
		"SELECT t", "SELECT extract(epoch FROM at), substring(a FROM ?), a IS DISTINCT FROM b FROM t"},
	{"a function is no table", PostgreSQL, "SELECT * FROM generate_series(1, 10) g, unnest ($1) u, t", "SELECT", "t", "", "SELECT t",
		"SELECT * FROM generate_series(?, ?) g, unnest ($1) u, t"},
	{"several statements", PostgreSQL, "BEGIN; UPDATE a SET x = 1; COMMIT", "BEGIN", "a", "", "BEGIN; UPDATE a; COMMIT", "BEGIN; UPDATE a SET x = ?; COMMIT"},
	{"a procedure", PostgreSQL, "CALL shop.pay(1, 'hunter2')", "CALL", "", "shop.pay", "CALL shop.pay", "CALL shop.pay(?, ?)"},
	{"copy in", PostgreSQL, "COPY users (a, b) FROM STDIN", "COPY", "users", "", "COPY users", "COPY users (a, b) FROM STDIN"},
	{"copy of a query", PostgreSQL, "COPY (SELECT a, b FROM users) TO STDOUT", "COPY", "users", "", "COPY SELECT users", "COPY (SELECT a, b FROM users) TO STDOUT"},
	{"create", PostgreSQL, "CREATE TEMPORARY TABLE IF NOT EXISTS t (id int DEFAULT 5)", "CREATE", "t", "", "CREATE TABLE t",
		"CREATE TEMPORARY TABLE IF NOT EXISTS t (id int DEFAULT ?)"},
	{"create of a query", PostgreSQL, "CREATE TABLE t AS SELECT * FROM u", "CREATE", "t", "", "CREATE TABLE t SELECT u", "CREATE TABLE t AS SELECT * FROM u"},
	{"drop", PostgreSQL, "DROP TABLE IF EXISTS a, b CASCADE", "DROP", "a", "", "DROP TABLE a b", "DROP TABLE IF EXISTS a, b CASCADE"},
	{"an index", PostgreSQL, "CREATE UNIQUE INDEX i ON t (a)", "CREATE", "", "", "CREATE INDEX", "CREATE UNIQUE INDEX i ON t (a)"},
	{"truncate", PostgreSQL, "TRUNCATE TABLE a, b", "TRUNCATE", "a", "", "TRUNCATE a b", "TRUNCATE TABLE a, b"},
	{"explain", PostgreSQL, "EXPLAIN (ANALYZE) SELECT * FROM t", "EXPLAIN", "t", "", "EXPLAIN SELECT t", "EXPLAIN (ANALYZE) SELECT * FROM t"},
	{"a cursor", PostgreSQL, "DECLARE c CURSOR FOR SELECT * FROM t", "DECLARE", "t", "", "DECLARE SELECT t", "DECLARE c CURSOR FOR SELECT * FROM t"},
	{"fetch names no table", PostgreSQL, "FETCH 10 FROM c", "FETCH", "", "", "FETCH", "FETCH ? FROM c"},
	{"grant names no table", PostgreSQL, "REVOKE ALL ON t FROM bob", "REVOKE", "", "", "REVOKE", "REVOKE ALL ON t FROM bob"},
	{"settings", PostgreSQL, "SET search_path TO 'hunter2'", "SET", "", "", "SET", "SET search_path TO ?"},
	{"no verb", PostgreSQL, "hunter2", Other, "", "", Other, "hunter2"},
	{"comments are not told", PostgreSQL, "/* hunter2 */ SELECT -- hunter2\n 1", "SELECT", "", "", "SELECT", "SELECT ?"},
	{"nothing", PostgreSQL, "", "", "", "", "", ""},
	{"a semicolon", PostgreSQL, ";", "", "", "", "", ";"},
	{"dollar quotes", PostgreSQL, "SELECT $tag$hunter2$tag$, $$hunter2$$", "SELECT", "", "", "SELECT", "SELECT ?, ?"},
	{"dollar quotes without an end", PostgreSQL, "DO $$ hunter2", "DO", "", "", "DO", "DO ?..."},
	{"escapes", PostgreSQL, `SELECT E'a\'hunter2', 5 FROM t`, "SELECT", "", "", "SELECT", "SELECT E?..."},
	{"a backslash that may escape", PostgreSQL, `SELECT 'a\', 'hunter2' FROM t`, "SELECT", "", "", "SELECT", "SELECT ?..."},
	{"double quotes of MySQL", MySQL, `SELECT "hunter2", _utf8"hunter2" FROM t`, "SELECT", "t", "", "SELECT t", "SELECT ?, _utf8? FROM t"},
	{"values that look like names", PostgreSQL, "SELECT a/100, 1_000, 0b101, x!5 FROM t", "SELECT", "t", "", "SELECT t", "SELECT a/?, ?, ?, x!? FROM t"},
	{"bits and numbers", MySQL, "SELECT x'4D', 0x4D, 1e10, .5 FROM t", "SELECT", "t", "", "SELECT t", "SELECT x?, ?, ?, .? FROM t"},
	{"a long list", PostgreSQL, "SELECT a FROM t WHERE b IN ($1, $2, $3) AND c NOT IN ('x','y', f(z))", "SELECT", "t", "", "SELECT t",
		"SELECT a FROM t WHERE b IN ($1) AND c NOT IN (?, f(z))"},
	{"show names no table", MySQL, "SHOW TABLES FROM shop", "SHOW", "", "", "SHOW", "SHOW TABLES FROM shop"},
	{"load", MySQL, "LOAD DATA LOCAL INFILE 'hunter2' INTO TABLE t", "LOAD", "t", "", "LOAD t", "LOAD DATA LOCAL INFILE ? INTO TABLE t"},
}

func TestStatements(t *testing.T) {
	for _, tt := range statements {
		t.Run(tt.name, func(t *testing.T) {
			s := Read(tt.dialect, tt.text, true, Obfuscated)
			assert.Equal(t, tt.operation, s.Operation, "operation")
			assert.Equal(t, tt.collection, s.Collection, "collection")
			assert.Equal(t, tt.procedure, s.Procedure, "procedure")
			assert.Equal(t, tt.summary, s.Summary, "summary")
			assert.Equal(t, tt.obfuscated, s.Text, "text")
			assert.Equal(t, strings.TrimSpace(tt.text), Read(tt.dialect, tt.text, true, Raw).Text)
			assert.Empty(t, Read(tt.dialect, tt.text, true, Off).Text)
		})
	}
}

// TestBeginnings: what is said of a beginning is said of the whole too, or nothing is;
// and no literal shows at any length.
func TestBeginnings(t *testing.T) {
	for _, tt := range statements {
		whole := Read(tt.dialect, tt.text, true, Obfuscated)
		for n := range tt.text {
			part := Read(tt.dialect, tt.text[:n], false, Obfuscated)
			about := fmt.Sprintf("%s: %q", tt.name, tt.text[:n])
			for _, pair := range [][2]string{{part.Operation, whole.Operation}, {part.Collection, whole.Collection}, {part.Procedure, whole.Procedure}} {
				if pair[0] != "" {
					require.Equal(t, pair[1], pair[0], about)
				}
			}
			require.True(t, isBeginning(part.Summary, whole.Summary), "%s: %q is no beginning of %q", about, part.Summary, whole.Summary)
			if tt.operation != Other && !strings.HasPrefix(tt.text, "/*") && !strings.Contains(tt.text, "-- hunter2") {
				require.NotContains(t, part.Text, "hunter", about)
			}
		}
	}
}

// isBeginning tells whether a summary is the other one up to the end of a word.
func isBeginning(part, whole string) bool {
	rest, ok := strings.CutPrefix(whole, part)
	return ok && (part == "" || rest == "" || rest[0] == ' ' || rest[0] == ';')
}

// TestSummaryEndsWithAWord: it is no longer than it may be, and no name in it is cut.
func TestSummaryEndsWithAWord(t *testing.T) {
	text := "SELECT 1 FROM t0"
	for i := 1; i < 100; i++ {
		text += fmt.Sprintf(", table%d", i)
	}
	s := Read(PostgreSQL, text, true, Off)
	assert.LessOrEqual(t, len(s.Summary), maxSummary)
	assert.Greater(t, len(s.Summary), maxSummary-len(" table00"))
	words := strings.Fields(s.Summary)
	assert.Equal(t, fmt.Sprintf("table%d", len(words)-2), words[len(words)-1])
}

// TestUnprepares: what changes prepared statements behind the protocol's back.
func TestUnprepares(t *testing.T) {
	for text, want := range map[string]bool{
		"DISCARD ALL": true, "deallocate s": true, "SELECT 1; PREPARE s AS SELECT 2": true, "SELECT discard FROM deallocate": false, "EXECUTE s": false,
	} {
		assert.Equal(t, want, Read(PostgreSQL, text, true, Off).Unprepares, text)
	}
}

// TestShorten: a text is cut between letters, and says that it goes on.
func TestShorten(t *testing.T) {
	assert.Equal(t, "SELECT ä", shorten("SELECT ä", true))
	assert.Equal(t, "SELECT...", shorten("SELECT \xc3", false))
	long := shorten(strings.Repeat("ä", maxText), true)
	assert.True(t, utf8.ValidString(long))
	assert.Equal(t, maxText+len(more), len(long))
}

// TestQueryTexts: the names are those of the configuration.
func TestQueryTexts(t *testing.T) {
	for i, name := range QueryTexts() {
		q, ok := ParseQueryText(name)
		assert.True(t, ok)
		assert.Equal(t, QueryText(i), q)
		assert.Equal(t, name, q.String())
	}
	_, ok := ParseQueryText("")
	assert.False(t, ok)
}

// TestCache: remembered or not, a statement is that of the bytes.
func TestCache(t *testing.T) {
	c := NewCache(Obfuscated)
	for range 2 {
		for i := range 3 * cacheSlots {
			text := fmt.Sprintf("SELECT * FROM t%d WHERE id = 1", i)
			s := c.Of(PostgreSQL, []byte(text), true)
			require.Equal(t, fmt.Sprintf("SELECT t%d", i), s.Summary)
			require.Equal(t, i < maxSummaries, s.Metric, text)
		}
	}
	b := []byte(`SELECT "a" FROM t`)
	assert.Equal(t, `SELECT "a" FROM t`, c.Of(PostgreSQL, b, true).Text)
	assert.Equal(t, `SELECT ? FROM t`, c.Of(MySQL, b, true).Text, "another dialect is another text")
	assert.Equal(t, `SELECT "a" FROM...`, c.Of(PostgreSQL, b, false).Text, "a beginning is another text")
	s := c.Of(PostgreSQL, b, true)
	copy(b, "DELETE")
	assert.Equal(t, `SELECT "a" FROM t`, s.Text)
	assert.Zero(t, testing.AllocsPerRun(100, func() { c.Of(PostgreSQL, b, true) }))
	var none *Cache
	assert.Equal(t, "DELETE t", none.Of(PostgreSQL, b, true).Summary)
	long := c.Of(PostgreSQL, []byte("SELECT '"+strings.Repeat("x", maxCached)+"' FROM t"), true)
	assert.Equal(t, "SELECT ? FROM t", long.Text)
}

func FuzzRead(f *testing.F) {
	for _, tt := range statements {
		f.Add(tt.text, uint8(tt.dialect))
	}
	f.Fuzz(func(t *testing.T, text string, dialect uint8) {
		d := Dialect(dialect % 2)
		whole := Read(d, text, true, Obfuscated)
		for _, s := range []*Statement{whole, Read(d, text, false, Obfuscated), Read(d, text, true, Raw)} {
			for _, v := range []string{s.Operation, s.Collection, s.Procedure, s.Summary, s.Text} {
				if !utf8.ValidString(v) {
					t.Fatalf("%q is not UTF-8", v)
				}
			}
			if len(s.Summary) > 3*maxSummary || len(s.Text) > 3*maxText+len(more) {
				t.Fatalf("too long: %d, %d", len(s.Summary), len(s.Text))
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	const text = "SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer WHERE o.id = 42 AND c.mail = 'a@b'"
	b.Run("off", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			Read(PostgreSQL, text, true, Off)
		}
	})
	b.Run("obfuscated", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			Read(PostgreSQL, text, true, Obfuscated)
		}
	})
	b.Run("cached", func(b *testing.B) {
		c, raw := NewCache(Obfuscated), []byte(text)
		b.ReportAllocs()
		for b.Loop() {
			c.Of(PostgreSQL, raw, true)
		}
	})
}
