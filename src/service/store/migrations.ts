/**
 * The tables, as numbered steps from an empty file to what this program reads. A step that has been released is never
 * edited. It must not know what the rows mean.
 *
 * `newest` is the negative of `created_at`: lists go by (created_at descending, arn ascending), and SQLite seeks to a
 * place in an index by several columns at once only where all of them run the same way.
 */
import type { Database } from './database.ts';

const STEPS: readonly string[] = [
  `
  CREATE TABLE directory (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    contents TEXT NOT NULL CHECK (contents IN ('sample', 'empty')),
    only_row INTEGER NOT NULL UNIQUE DEFAULT 1 CHECK (only_row = 1)
  ) STRICT;

  CREATE TABLE resource_groups (
    arn TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    tags TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE assessment_targets (
    arn TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    resource_group_arn TEXT REFERENCES resource_groups (arn),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    newest INTEGER AS (-created_at),
    UNIQUE (account, region, name)
  ) STRICT;
  CREATE INDEX assessment_targets_all ON assessment_targets (account, region, newest, arn);

  CREATE TABLE assessment_templates (
    arn TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    assessment_target_arn TEXT NOT NULL REFERENCES assessment_targets (arn) ON DELETE CASCADE,
    name TEXT NOT NULL,
    duration_in_seconds INTEGER NOT NULL,
    rules_package_arns TEXT NOT NULL,
    user_attributes_for_findings TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    newest INTEGER AS (-created_at),
    UNIQUE (assessment_target_arn, name)
  ) STRICT;
  CREATE INDEX assessment_templates_all ON assessment_templates (account, region, newest, arn);
  CREATE INDEX assessment_templates_by_target ON assessment_templates (assessment_target_arn, newest, arn);

  CREATE TABLE assessment_runs (
    arn TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    assessment_template_arn TEXT NOT NULL REFERENCES assessment_templates (arn) ON DELETE CASCADE,
    name TEXT NOT NULL,
    duration_in_seconds INTEGER NOT NULL,
    rules_package_arns TEXT NOT NULL,
    user_attributes_for_findings TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    collection_ends_at INTEGER NOT NULL,
    state_changes TEXT NOT NULL,
    planned TEXT NOT NULL,
    evaluated_at INTEGER NOT NULL,
    finding_counts TEXT NOT NULL,
    state TEXT NOT NULL,
    state_changed_at INTEGER NOT NULL,
    started_at INTEGER,
    completed_at INTEGER,
    next_change_at INTEGER,
    newest INTEGER AS (-created_at),
    UNIQUE (assessment_template_arn, name)
  ) STRICT;
  CREATE INDEX assessment_runs_all ON assessment_runs (account, region, newest, arn);
  CREATE INDEX assessment_runs_by_template ON assessment_runs (assessment_template_arn, newest, arn);
  CREATE INDEX assessment_runs_changing ON assessment_runs (next_change_at) WHERE next_change_at IS NOT NULL;
  CREATE INDEX assessment_runs_evaluating ON assessment_runs (evaluated_at) WHERE state = 'EVALUATING_RULES';

  CREATE TABLE instance_snapshots (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL
  ) STRICT;

  CREATE TABLE instances (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    snapshot INTEGER NOT NULL REFERENCES instance_snapshots (id),
    PRIMARY KEY (account, region, instance_id)
  ) STRICT;

  CREATE TABLE networks (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (account, region)
  ) STRICT;

  CREATE TABLE assessment_run_agents (
    assessment_run_arn TEXT NOT NULL REFERENCES assessment_runs (arn) ON DELETE CASCADE,
    agent_id TEXT NOT NULL,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    agent_health TEXT NOT NULL,
    agent_health_code TEXT NOT NULL,
    snapshot INTEGER NOT NULL REFERENCES instance_snapshots (id),
    PRIMARY KEY (assessment_run_arn, agent_id)
  ) STRICT;

  CREATE TABLE findings (
    arn TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    assessment_run_arn TEXT NOT NULL REFERENCES assessment_runs (arn) ON DELETE CASCADE,
    rules_package_arn TEXT NOT NULL,
    agent_id TEXT NOT NULL,
    auto_scaling_group TEXT,
    rule_name TEXT NOT NULL,
    severity TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    newest INTEGER AS (-created_at),
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX findings_all ON findings (account, region, newest, arn);
  CREATE INDEX findings_by_run ON findings (assessment_run_arn, newest, arn);
  CREATE INDEX findings_by_agent ON findings (account, region, agent_id, newest, arn);
  CREATE INDEX findings_by_group ON findings (account, region, auto_scaling_group, newest, arn)
    WHERE auto_scaling_group IS NOT NULL;
  CREATE INDEX findings_by_rule ON findings (account, region, rule_name, newest, arn);
  CREATE INDEX findings_by_package ON findings (account, region, rules_package_arn, newest, arn);
  CREATE INDEX findings_by_severity ON findings (account, region, severity, newest, arn);
  `,
  `
  ALTER TABLE assessment_templates ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
  ALTER TABLE assessment_runs ADD COLUMN notifications TEXT NOT NULL DEFAULT '[]';

  CREATE TABLE subscriptions (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    resource_arn TEXT NOT NULL REFERENCES assessment_templates (arn) ON DELETE CASCADE,
    topic_arn TEXT NOT NULL,
    event_subscriptions TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    newest INTEGER AS (-created_at),
    UNIQUE (resource_arn, topic_arn)
  ) STRICT;
  CREATE INDEX subscriptions_all ON subscriptions (account, region, newest, id);

  CREATE TABLE cross_account_access_roles (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    role_arn TEXT NOT NULL,
    registered_at INTEGER NOT NULL,
    PRIMARY KEY (account, region)
  ) STRICT;

  CREATE TABLE exclusions (
    arn TEXT NOT NULL UNIQUE,
    assessment_run_arn TEXT NOT NULL REFERENCES assessment_runs (arn) ON DELETE CASCADE,
    reason TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    newest INTEGER AS (-created_at),
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX exclusions_by_run ON exclusions (assessment_run_arn, newest, arn);

  CREATE TABLE exclusions_previews (
    token TEXT NOT NULL PRIMARY KEY,
    assessment_template_arn TEXT NOT NULL REFERENCES assessment_templates (arn) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    due_at INTEGER
  ) STRICT;
  CREATE INDEX exclusions_previews_by_template ON exclusions_previews (assessment_template_arn);
  CREATE INDEX exclusions_previews_due ON exclusions_previews (due_at) WHERE due_at IS NOT NULL;

  CREATE TABLE exclusion_previews (
    preview_token TEXT NOT NULL REFERENCES exclusions_previews (token) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (preview_token, position)
  ) STRICT;
  `,
  `
  UPDATE findings SET body = json_set(body, '$.createdAt', created_at / 1000.0,
    '$.updatedAt', unixepoch(body ->> '$.updatedAt', 'subsec'));

  CREATE TABLE attribute_terms (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    member TEXT NOT NULL CHECK (member IN ('attributes', 'userAttributes')),
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (account, region, member, key, value)
  ) STRICT;

  CREATE TABLE finding_attributes (
    term INTEGER NOT NULL,
    newest INTEGER NOT NULL,
    arn TEXT NOT NULL,
    PRIMARY KEY (term, newest, arn)
  ) STRICT, WITHOUT ROWID;

  CREATE VIEW finding_pairs AS
    SELECT arn, newest, account, region, members.column1 AS member, pair.value ->> '$.key' AS key,
      coalesce(pair.value ->> '$.value', '') AS value
    FROM findings, (VALUES ('attributes'), ('userAttributes')) AS members, json_each(body, '$.' || members.column1) AS pair;

  CREATE VIEW finding_terms AS
    SELECT terms.id AS term, pairs.newest, pairs.arn FROM finding_pairs AS pairs
      CROSS JOIN attribute_terms AS terms USING (account, region, member, key, value);

  INSERT OR IGNORE INTO attribute_terms (account, region, member, key, value)
    SELECT account, region, member, key, value FROM finding_pairs;
  INSERT OR IGNORE INTO finding_attributes SELECT term, newest, arn FROM finding_terms;

  CREATE TRIGGER finding_inserted AFTER INSERT ON findings BEGIN
    INSERT OR IGNORE INTO attribute_terms (account, region, member, key, value)
      SELECT account, region, member, key, value FROM finding_pairs WHERE arn = new.arn;
    INSERT OR IGNORE INTO finding_attributes SELECT term, newest, arn FROM finding_terms WHERE arn = new.arn;
  END;
  CREATE TRIGGER finding_to_be_updated BEFORE UPDATE OF body ON findings BEGIN
    DELETE FROM finding_attributes
      WHERE (term, newest, arn) IN (SELECT term, newest, arn FROM finding_terms WHERE arn = old.arn);
  END;
  CREATE TRIGGER finding_updated AFTER UPDATE OF body ON findings BEGIN
    INSERT OR IGNORE INTO attribute_terms (account, region, member, key, value)
      SELECT account, region, member, key, value FROM finding_pairs WHERE arn = new.arn;
    INSERT OR IGNORE INTO finding_attributes SELECT term, newest, arn FROM finding_terms WHERE arn = new.arn;
  END;
  CREATE TRIGGER finding_to_be_deleted BEFORE DELETE ON findings BEGIN
    DELETE FROM finding_attributes
      WHERE (term, newest, arn) IN (SELECT term, newest, arn FROM finding_terms WHERE arn = old.arn);
  END;
  `,
  `
  CREATE TABLE reports (
    id TEXT NOT NULL PRIMARY KEY,
    assessment_run_arn TEXT NOT NULL REFERENCES assessment_runs (arn) ON DELETE CASCADE,
    file_format TEXT NOT NULL CHECK (file_format IN ('HTML', 'PDF')),
    type TEXT NOT NULL CHECK (type IN ('FINDING', 'FULL')),
    status TEXT NOT NULL CHECK (status IN ('WORK_IN_PROGRESS', 'COMPLETED', 'FAILED')),
    UNIQUE (assessment_run_arn, file_format, type)
  ) STRICT;
  CREATE INDEX reports_in_progress ON reports (status) WHERE status = 'WORK_IN_PROGRESS';

  CREATE TABLE report_parts (
    report TEXT NOT NULL REFERENCES reports (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (report, number)
  ) STRICT;

  CREATE TABLE report_key (
    secret BLOB NOT NULL,
    only_row INTEGER NOT NULL UNIQUE DEFAULT 1 CHECK (only_row = 1)
  ) STRICT;
  `,
  `
  CREATE INDEX assessment_runs_ended ON assessment_runs (state_changed_at) WHERE next_change_at IS NULL;
  CREATE INDEX assessment_run_agents_by_snapshot ON assessment_run_agents (snapshot);
  CREATE INDEX instances_by_snapshot ON instances (snapshot);

  CREATE TRIGGER assessment_run_agent_deleted AFTER DELETE ON assessment_run_agents BEGIN
    DELETE FROM instance_snapshots WHERE id = old.snapshot
      AND NOT EXISTS (SELECT 1 FROM assessment_run_agents WHERE snapshot = old.snapshot)
      AND NOT EXISTS (SELECT 1 FROM instances WHERE snapshot = old.snapshot);
  END;
  `,
];

/** A file that a newer program has written. */
export class NewerDatabaseError extends Error {}

/** Brings the file to this program's tables, each step in its own transaction. Throws NewerDatabaseError. */
export function migrate(database: Database): void {
  const version = database.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
  if (version > STEPS.length) {
    throw new NewerDatabaseError(
      `holds a database of version ${version}, and this program knows versions up to ${STEPS.length}`,
    );
  }
  for (const [index, step] of STEPS.entries()) {
    if (index < version) continue;
    database.transaction(() => {
      database.exec(step);
      database.exec(`PRAGMA user_version = ${index + 1}`);
    });
  }
}
