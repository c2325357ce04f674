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
];

/** A file that a newer program has written. */
export class NewerDatabaseError extends Error {}

/** Brings the file to this program's tables, each step in its own transaction. Throws NewerDatabaseError. */
export function migrate(database: Database): void {
  const version = database.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
  if (version > STEPS.length) {
    throw new NewerDatabaseError(
      `its database has version ${version}, and this program knows versions up to ${STEPS.length}`,
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
