"""Is the database sound, and has every act its entry in the log and every entry its act? Prints what is not."""
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
def grants(condition): return {row[0] for row in db.execute("SELECT g.id FROM grants g WHERE " + condition)}
def entries(*kinds):
    marks = ",".join("?" * len(kinds))
    rows = [row[0] for row in db.execute(f"SELECT grant_id FROM audit WHERE outcome = 'done' AND kind IN ({marks})", kinds)]
    assert len(rows) == len(set(rows)), "an act has two entries"
    return set(rows)
pairs = {
    "created": (grants("1 = 1"), entries("support_token.created")),
    "associated": (grants("activated_at IS NOT NULL"), entries("support_token.associated")),
    "ended": (grants("ended_at IS NOT NULL"), entries("support_token.revoked", "support_token.expired")),
}
print(json.dumps({
    "integrity": [row[0] for row in db.execute("PRAGMA integrity_check")],
    "foreign": len(list(db.execute("PRAGMA foreign_key_check"))),
    "without_entry": {name: sorted(acts - written) for name, (acts, written) in pairs.items()},
    "without_act": {name: sorted(written - acts) for name, (acts, written) in pairs.items()},
    "live_twice": list(db.execute("SELECT organization_id FROM grants WHERE ended_at IS NULL GROUP BY 1 HAVING COUNT(*) > 1")),
    "ended_and_live": list(db.execute("SELECT id FROM grants WHERE ended_at IS NOT NULL AND live_of IS NOT NULL")),
    "acts": [len(acts) for acts, _ in pairs.values()],
}))
