/**
 * Event subscriptions: one row for each resource and topic, with the events that the topic is subscribed to. It must not
 * know when an event happens.
 */
import type { InspectorEvent } from '@aws-sdk/client-inspector';
import type { Database, SqlValue } from './database.ts';
import { type Condition, type Position, within } from './page.ts';

/** Times in milliseconds since the epoch. */
export interface SubscriptionRecord {
  readonly id: number;
  readonly resourceArn: string;
  readonly topicArn: string;
  /** Never empty. */
  readonly eventSubscriptions: readonly EventSubscriptionRecord[];
  /** When the topic was subscribed to the first of its events. */
  readonly createdAt: number;
}

export interface EventSubscriptionRecord {
  readonly event: InspectorEvent;
  readonly subscribedAt: number;
}

interface SubscriptionRow {
  readonly id: number;
  readonly resource_arn: string;
  readonly topic_arn: string;
  readonly event_subscriptions: string;
  readonly created_at: number;
}

/** The subscriptions of all accounts; lists without a resource and new ones are those of the given account and region. */
export function subscriptions(database: Database, account: string, region: string) {
  const select = (rest: string, values: readonly SqlValue[]): SubscriptionRecord[] =>
    database
      .all<SubscriptionRow>(
        `SELECT id, resource_arn, topic_arn, event_subscriptions, created_at FROM subscriptions ${rest}`,
        values,
      )
      .map((row) => ({
        id: row.id,
        resourceArn: row.resource_arn,
        topicArn: row.topic_arn,
        eventSubscriptions: JSON.parse(row.event_subscriptions),
        createdAt: row.created_at,
      }));
  const find = (resourceArn: string, topicArn: string): SubscriptionRecord | undefined =>
    select('WHERE resource_arn = ? AND topic_arn = ?', [resourceArn, topicArn])[0];
  const setEvents = (id: number, events: readonly EventSubscriptionRecord[]): void => {
    database.run('UPDATE subscriptions SET event_subscriptions = ? WHERE id = ?', [JSON.stringify(events), id]);
  };

  return {
    find,
    /** Subscribes a topic to one more event of a resource. */
    add(resourceArn: string, topicArn: string, added: EventSubscriptionRecord): void {
      const found = find(resourceArn, topicArn);
      if (found) {
        setEvents(found.id, [...found.eventSubscriptions, added]);
        return;
      }
      database.run(
        `INSERT INTO subscriptions (account, region, resource_arn, topic_arn, event_subscriptions, created_at)
          VALUES (?, ?, ?, ?, ?, ?)`,
        [account, region, resourceArn, topicArn, JSON.stringify([added]), added.subscribedAt],
      );
    },
    /** Ends the subscription of a topic to an event; nothing where there is none. */
    remove(resourceArn: string, topicArn: string, event: InspectorEvent): void {
      const found = find(resourceArn, topicArn);
      if (!found) return;
      const left = found.eventSubscriptions.filter((one) => one.event !== event);
      if (left.length > 0) setEvents(found.id, left);
      else database.run('DELETE FROM subscriptions WHERE id = ?', [found.id]);
    },
    /** At most `limit` subscriptions behind a position, whose key is an id; of one resource or of all. */
    list(resourceArn: string | undefined, after: Position, limit: number): SubscriptionRecord[] {
      const conditions: Condition[] = [
        ...(resourceArn === undefined ? within(account, region) : [{ sql: 'resource_arn = ?', values: [resourceArn] }]),
        { sql: '(newest, id) > (?, ?)', values: [-after.createdAt, Number(after.key)] },
      ];
      return select(`WHERE ${conditions.map(({ sql }) => sql).join(' AND ')} ORDER BY newest, id LIMIT ?`, [
        ...conditions.flatMap(({ values }) => values),
        limit,
      ]);
    },
    /** All subscriptions to events of a resource, those first that have been there longest. */
    ofResource(resourceArn: string): SubscriptionRecord[] {
      return select('WHERE resource_arn = ? ORDER BY id', [resourceArn]);
    },
    /** To how many events topics are subscribed, each topic and resource for itself. */
    countEvents(): number {
      const row = database.get<{ events: number | null }>(
        'SELECT sum(json_array_length(event_subscriptions)) AS events FROM subscriptions WHERE account = ? AND region = ?',
        [account, region],
      );
      return row?.events ?? 0;
    },
  };
}
