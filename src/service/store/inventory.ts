/**
 * The instances and the network that the service assesses, and the agents of runs. An instance is stored once for each
 * state that it has been seen in, so that a run keeps the instances as they were at its start at no cost in size.
 * It must not know which instances a run takes.
 */
import { createHash } from 'node:crypto';
import type { AgentHealth, AgentHealthCode, AssessmentRunState } from '@aws-sdk/client-inspector';
import type { Instance, Inventory, Network } from '../inventory.ts';
import type { Database } from './database.ts';
import { type Condition, oneOf } from './page.ts';

/** An agent of a run. Without an agent on the instance, health and health code are UNKNOWN. */
export interface RunAgentRecord {
  readonly instance: Instance;
  readonly agentHealth: AgentHealth;
  /** As the inventory has it. */
  readonly agentHealthCode: AgentHealthCode;
}

/** What a list of a run's agents is narrowed to; absent and empty members restrict nothing. */
export interface RunAgentQuery {
  readonly agentHealths?: readonly string[];
  readonly agentHealthCodes?: readonly string[];
  /** Whether the run is collecting: its healthy agents then count as RUNNING. */
  readonly collecting: boolean;
}

interface RunAgentRow {
  readonly agent_health: AgentHealth;
  readonly agent_health_code: AgentHealthCode;
  readonly body: string;
}

/** An instance that takes part in a run. */
export interface BusyAgent {
  readonly agentId: string;
  readonly assessmentRunArn: string;
}

/** The inventory and the run agents of the given account and region. */
export function inventory(database: Database, account: string, region: string) {
  /** Sees to it that all are stored as they are now; answers them with their digests, as a JSON list. */
  const snapshots = (instances: readonly Instance[]): string => {
    const all = instances.map((instance) => {
      const body = JSON.stringify(instance);
      const digest = createHash('sha256').update(`${account}\n${region}\n${body}`).digest('base64url');
      const { health = 'UNKNOWN', healthCode = 'UNKNOWN' } = instance.agent ?? {};
      return { instanceId: instance.instanceId, health, healthCode, digest, body };
    });
    database.run(
      `INSERT OR IGNORE INTO instance_snapshots (account, region, digest, body)
        SELECT ?, ?, value ->> 'digest', value ->> 'body' FROM json_each(?)`,
      [account, region, JSON.stringify(all)],
    );
    return JSON.stringify(all.map(({ body: _, ...instance }) => instance));
  };

  return {
    /** Puts the inventory in the place of what was known before. */
    replace({ instances, network }: Inventory): void {
      database.transaction(() => {
        database.run('DELETE FROM instances WHERE account = ? AND region = ?', [account, region]);
        database.run(
          `INSERT INTO instances (account, region, instance_id, snapshot) SELECT ?, ?, value ->> 'instanceId', instance_snapshots.id
            FROM json_each(?) CROSS JOIN instance_snapshots ON digest = value ->> 'digest'`,
          [account, region, snapshots(instances)],
        );
        database.run('INSERT OR REPLACE INTO networks (account, region, body) VALUES (?, ?, ?)', [
          account,
          region,
          JSON.stringify(network),
        ]);
      });
    },
    /** All instances, in order of their ids. */
    instances(): Instance[] {
      return database
        .all<{ body: string }>(
          `SELECT body FROM instances JOIN instance_snapshots ON id = snapshot
            WHERE instances.account = ? AND instances.region = ? ORDER BY instance_id`,
          [account, region],
        )
        .map((row) => JSON.parse(row.body));
    },
    network(): Network {
      const row = database.get<{ body: string }>('SELECT body FROM networks WHERE account = ? AND region = ?', [
        account,
        region,
      ]);
      return row ? JSON.parse(row.body) : { subnets: [], securityGroups: [] };
    },
    insertRunAgents(assessmentRunArn: string, instances: readonly Instance[]): void {
      database.run(
        `INSERT INTO assessment_run_agents (assessment_run_arn, agent_id, account, region, agent_health,
            agent_health_code, snapshot)
          SELECT ?, value ->> 'instanceId', ?, ?, value ->> 'health', value ->> 'healthCode', instance_snapshots.id
          FROM json_each(?) CROSS JOIN instance_snapshots ON digest = value ->> 'digest'`,
        [assessmentRunArn, account, region, snapshots(instances)],
      );
    },
    /** Whether agents take part in a run, of whatever health. */
    hasRunAgents(assessmentRunArn: string): boolean {
      const sql = 'SELECT 1 FROM assessment_run_agents WHERE assessment_run_arn = ? LIMIT 1';
      return database.get(sql, [assessmentRunArn]) !== undefined;
    },
    /** How many instances take part in runs that have not ended, each run for itself. */
    countRunning(): number {
      const row = database.get<{ agents: number }>(
        `SELECT count(*) AS agents FROM (
            SELECT arn, account, region FROM assessment_runs WHERE next_change_at IS NOT NULL
            UNION ALL SELECT arn, account, region FROM assessment_runs WHERE state = 'EVALUATING_RULES'
          ) AS runs CROSS JOIN assessment_run_agents AS agents ON agents.assessment_run_arn = runs.arn
          WHERE runs.account = ? AND runs.region = ?`,
        [account, region],
      );
      return row?.agents ?? 0;
    },
    /** At most `limit` agents of a run whose ids come after `after`, in order of their ids. */
    runAgents(assessmentRunArn: string, query: RunAgentQuery, after: string, limit: number): RunAgentRecord[] {
      const code = query.collecting
        ? `CASE agent_health WHEN 'HEALTHY' THEN 'RUNNING' ELSE agent_health_code END`
        : 'agent_health_code';
      const conditions: Condition[] = [
        { sql: 'assessment_run_arn = ?', values: [assessmentRunArn] },
        { sql: 'agent_id > ?', values: [after] },
        ...oneOf('agent_health', query.agentHealths),
        ...oneOf(code, query.agentHealthCodes),
      ];
      return database
        .all<RunAgentRow>(
          `SELECT agent_health, ${code} AS agent_health_code, body FROM assessment_run_agents
            JOIN instance_snapshots ON id = snapshot
            WHERE ${conditions.map(({ sql }) => sql).join(' AND ')} ORDER BY agent_id LIMIT ?`,
          [...conditions.flatMap(({ values }) => values), limit],
        )
        .map((row) => ({
          instance: JSON.parse(row.body),
          agentHealth: row.agent_health,
          agentHealthCode: row.agent_health_code,
        }));
    },
    /** The instances with a healthy agent in runs that are in one of the states, in order of their ids. */
    busyAgents(states: readonly AssessmentRunState[]): BusyAgent[] {
      return database
        .all<{ agent_id: string; arn: string }>(
          `SELECT agents.agent_id, runs.arn FROM assessment_runs AS runs INDEXED BY assessment_runs_changing
            JOIN assessment_run_agents AS agents ON agents.assessment_run_arn = runs.arn
            WHERE runs.next_change_at IS NOT NULL AND runs.account = ? AND runs.region = ?
              AND runs.state IN (SELECT value FROM json_each(?)) AND agents.agent_health = 'HEALTHY'
            ORDER BY agents.agent_id`,
          [account, region, JSON.stringify(states)],
        )
        .map((row) => ({ agentId: row.agent_id, assessmentRunArn: row.arn }));
    },
  };
}
