"""Describes a database's schema as PostgreSQL reports it: one sorted line per object."""

from __future__ import annotations

from sqlalchemy import Connection, text

_OWN = "n.nspname = :schema AND c.relname <> 'alembic_version'"
_CLASS = f"pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND {_OWN}"

_TABLES = f"""
SELECT format('%s %s', CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
                                      ELSE 'relation of kind ' || c.relkind::text END, c.relname)
       || CASE c.relpersistence WHEN 'u' THEN ' unlogged' ELSE '' END
       || coalesce(' with ' || array_to_string(c.reloptions, ', '), '')
       || CASE WHEN c.relkind IN ('v', 'm') THEN ' as ' || pg_get_viewdef(c.oid, true) ELSE '' END
  FROM {_CLASS} WHERE c.relkind NOT IN ('i', 'I', 'S', 't', 'c')"""
_COLUMNS = f"""
SELECT format('column %s.%s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod))
       || CASE WHEN a.attcollation <> t.typcollation THEN ' collate ' || l.collname ELSE '' END
       || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
       || CASE a.attidentity WHEN 'a' THEN ' identity always' WHEN 'd' THEN ' identity by default' ELSE '' END
       || coalesce(CASE a.attgenerated WHEN 's' THEN ' stored as ' WHEN 'v' THEN ' computed as ' ELSE ' default ' END
                   || pg_get_expr(d.adbin, d.adrelid), '')
  FROM {_CLASS} JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_collation l ON l.oid = a.attcollation
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
 WHERE c.relkind IN ('r', 'p', 'f')"""
# NOT NULL is listed with its column, a constraint trigger with the triggers.
_CONSTRAINTS = f"""
SELECT format('constraint %s.%s %s', c.relname, k.conname, pg_get_constraintdef(k.oid))
       || CASE WHEN k.convalidated THEN '' ELSE ' (not validated)' END
  FROM {_CLASS} JOIN pg_constraint k ON k.conrelid = c.oid WHERE k.contype NOT IN ('n', 't')"""
# What an interrupted CREATE INDEX CONCURRENTLY leaves is invalid: it is kept up to date and never read.
_INDEXES = f"""
SELECT format('index %s', pg_get_indexdef(i.indexrelid))
       || CASE WHEN i.indisvalid THEN '' ELSE ' (invalid)' END
  FROM {_CLASS} JOIN pg_index i ON i.indrelid = c.oid
 WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.conrelid = c.oid)"""
_TRIGGERS = f"""
SELECT format('trigger %s.%s %s', c.relname, g.tgname, pg_get_triggerdef(g.oid))
       || CASE g.tgenabled WHEN 'O' THEN '' WHEN 'D' THEN ' (disabled)' ELSE ' (in mode ' || g.tgenabled::text || ')'
          END
  FROM {_CLASS} JOIN pg_trigger g ON g.tgrelid = c.oid AND NOT g.tgisinternal"""
_FUNCTIONS = """
SELECT format('function %s(%s) %s', p.proname, pg_get_function_identity_arguments(p.oid),
              CASE p.prokind WHEN 'a' THEN 'aggregate' ELSE pg_get_functiondef(p.oid) END)
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = :schema"""
_SEQUENCES = f"""
SELECT format('sequence %s %s from %s to %s start %s by %s cache %s', c.relname, format_type(s.seqtypid, NULL),
              s.seqmin, s.seqmax, s.seqstart, s.seqincrement, s.seqcache)
       || CASE WHEN s.seqcycle THEN ' cycle' ELSE '' END
       || coalesce(' of ' || o.relname || '.' || a.attname, '')
  FROM {_CLASS} JOIN pg_sequence s ON s.seqrelid = c.oid
  LEFT JOIN pg_depend e ON e.objid = c.oid AND e.classid = 'pg_class'::regclass AND e.deptype IN ('a', 'i')
                       AND e.refobjsubid > 0
  LEFT JOIN pg_class o ON o.oid = e.refobjid
  LEFT JOIN pg_attribute a ON a.attrelid = e.refobjid AND a.attnum = e.refobjsubid"""
_TYPES = """
SELECT format('type %s %s', t.typname, coalesce(
              (SELECT string_agg(quote_literal(v.enumlabel), ', ' ORDER BY v.enumsortorder)
                 FROM pg_enum v WHERE v.enumtypid = t.oid), format_type(t.typbasetype, t.typtypmod)))
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace AND n.nspname = :schema WHERE t.typtype IN ('e', 'd')"""
_KINDS = (_TABLES, _COLUMNS, _CONSTRAINTS, _INDEXES, _TRIGGERS, _FUNCTIONS, _SEQUENCES, _TYPES)


def schema_of(connection: Connection, schema: str = "public") -> list[str]:
    """Every table, column, constraint, index, trigger, function, sequence and type of a schema, one line each.

    The order of columns isn't listed: a column that was added later stands last, and nothing of ours reads by position.
    Leaves the transaction's search path at this schema, so that PostgreSQL names what is in it without the schema.
    """
    connection.execute(text("SELECT set_config('search_path', :schema, true)"), {"schema": schema})
    found = [line for kind in _KINDS for (line,) in connection.execute(text(kind), {"schema": schema})]
    # Definitions of functions, triggers and indexes name the schema whatever the path is.
    return sorted(" ".join(line.replace(f"{schema}.", "").split()) for line in found)
