// SPDX-License-Identifier: Apache-2.0

package sqltext

// verbs are the words that statements of PostgreSQL, MySQL and MariaDB begin with.
var verbs = set("ABORT", "ALTER", "ANALYZE", "BEGIN", "BINLOG", "CACHE", "CALL", "CHANGE", "CHECK", "CHECKPOINT", "CHECKSUM", "CLOSE",
	"CLUSTER", "COMMENT", "COMMIT", "COPY", "CREATE", "DEALLOCATE", "DECLARE", "DELETE", "DESC", "DESCRIBE", "DISCARD", "DO", "DROP",
	"END", "EXECUTE", "EXPLAIN", "FETCH", "FLUSH", "GET", "GRANT", "HANDLER", "IMPORT", "INSERT", "INSTALL", "KILL", "LISTEN", "LOAD",
	"LOCK", "MERGE", "MOVE", "NOTIFY", "OPTIMIZE", "PREPARE", "PURGE", "REASSIGN", "REFRESH", "REINDEX", "RELEASE", "RENAME", "REPAIR",
	"REPLACE", "RESET", "RESIGNAL", "REVOKE", "ROLLBACK", "SAVEPOINT", "SECURITY", "SELECT", "SET", "SHOW", "SHUTDOWN", "SIGNAL",
	"START", "STOP", "TABLE", "TRUNCATE", "UNINSTALL", "UNLISTEN", "UNLOCK", "UPDATE", "USE", "VACUUM", "VALUES", "WITH", "XA")

// nested are the verbs that are operations within a statement, too.
var nested = set("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "VALUES")

// tables are the verbs whose FROM, JOIN, INTO and TABLE name tables.
var tables = set("ALTER", "ANALYZE", "COPY", "CREATE", "DELETE", "DROP", "EXPLAIN", "INSERT", "LOAD", "LOCK", "MERGE", "PREPARE",
	"REPLACE", "SELECT", "TABLE", "TRUNCATE", "UPDATE", "VACUUM", "VALUES", "DECLARE", "WITH", "DESCRIBE", "DESC", "REFRESH")

// objects are what CREATE, ALTER and DROP make, change and remove: part of the
// operation's name in the summary.
var objects = set("TABLE", "INDEX", "VIEW", "DATABASE", "SCHEMA", "SEQUENCE", "FUNCTION", "PROCEDURE", "TRIGGER", "TYPE", "ROLE", "USER",
	"EXTENSION", "MATERIALIZED", "DOMAIN", "POLICY", "PUBLICATION", "SUBSCRIPTION", "SERVER", "TABLESPACE", "EVENT", "RULE",
	"AGGREGATE", "CAST", "COLLATION", "OPERATOR", "STATISTICS", "LANGUAGE")

// modifiers stand between a word and the table that it names.
var modifiers = set("ONLY", "IF", "NOT", "EXISTS", "LATERAL", "TABLE", "INTO", "IGNORE", "LOW_PRIORITY", "QUICK", "DELAYED",
	"HIGH_PRIORITY", "CONCURRENTLY", "FROM", "OVERWRITE")

// clauses end a list of tables.
var clauses = set("WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "UNION", "INTERSECT", "EXCEPT", "SET", "VALUES", "RETURNING", "WINDOW",
	"FETCH", "OFFSET", "FOR", "SELECT", "DEFAULT", "PARTITION", "ADD", "DROP", "RENAME", "CASCADE", "RESTRICT", "RESTART")

func set(words ...string) map[string]string {
	m := make(map[string]string, len(words))
	for _, w := range words {
		m[w] = w
	}
	return m
}

// maxWord is the length of the longest of these words.
const maxWord = 13

// upper finds a word in a set, in any case.
func upper(words map[string]string, word string) string {
	var b [maxWord]byte
	if len(word) > maxWord {
		return ""
	}
	for i := range len(word) {
		c := word[i]
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		b[i] = c
	}
	return words[string(b[:len(word)])]
}
