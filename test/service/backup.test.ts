import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateResourceGroupCommand,
  DescribeAssessmentRunsCommand,
  DescribeResourceGroupsCommand,
  type InspectorClient,
  ListAssessmentTemplatesCommand,
  ListFindingsCommand,
  StartAssessmentRunCommand,
} from '@aws-sdk/client-inspector';
import Database from 'libsql';
import { expect, test } from 'vitest';
import { administer } from '../../src/service/admin/administer.ts';
import { startTestService, type TestService } from '../support/service.ts';

function directory(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'inspector-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

function backUp({ dataDir, clock }: TestService, file: string): Promise<void> {
  return administer(dataDir, 'BackUp', { file }, clock.now());
}

function restore(dataDir: string, file: string, now = 0): Promise<void> {
  return administer(dataDir, 'Restore', { file }, now);
}

async function createGroup(client: InspectorClient): Promise<string> {
  const command = new CreateResourceGroupCommand({ resourceGroupTags: [{ key: 'a', value: 'b' }] });
  return (await client.send(command)).resourceGroupArn ?? '';
}

async function hasGroup(client: InspectorClient, arn: string): Promise<boolean> {
  const { resourceGroups } = await client.send(new DescribeResourceGroupsCommand({ resourceGroupArns: [arn] }));
  return resourceGroups?.length === 1;
}

test('a backup of a service that is at work holds all that was acknowledged before it, and the service goes on', async () => {
  using place = directory();
  const file = join(place.path, 'backup of "a" \'service\'.db');
  await using stack = await startTestService();
  const before = await createGroup(stack.client);
  let isDone = false;
  const backup = backUp(stack, file).then(() => {
    isDone = true;
  });
  const meanwhile: string[] = [];
  while (!isDone) meanwhile.push(await createGroup(stack.client));
  await backup;
  expect(meanwhile.length).toBeGreaterThan(0);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(place.path)).toHaveLength(1);
  const database = new Database(file);
  expect(database.prepare('PRAGMA integrity_check').all([])).toEqual([{ integrity_check: 'ok' }]);
  database.close();

  const after = await createGroup(stack.client);
  await restore(join(place.path, 'new'), file);
  await using restored = await startTestService({ dataDir: join(place.path, 'new') });
  expect(restored.service).toMatchObject({ created: false, sample: true });
  expect(await hasGroup(restored.client, before)).toBe(true);
  expect(await hasGroup(restored.client, after)).toBe(false);
  // A backup holds no keys.
  expect(restored.service.credentials.accessKeyId).not.toBe(stack.service.credentials.accessKeyId);
});

test('a directory goes back to what it was when it was backed up, and keeps its keys', async () => {
  using place = directory();
  const file = join(place.path, 'backup');
  await using stack = await startTestService({ empty: true });
  const kept = await createGroup(stack.client);
  const key = await administer(stack.dataDir, 'AddAccessKey', { readOnly: false }, stack.clock.now());
  await backUp(stack, file);
  const lost = await createGroup(stack.client);
  await stack.service[Symbol.asyncDispose]();

  await restore(stack.dataDir, file);
  await using again = await startTestService({ dataDir: stack.dataDir });
  expect(await hasGroup(again.client, kept)).toBe(true);
  expect(await hasGroup(again.client, lost)).toBe(false);
  expect(readFileSync(again.service.credentialsFile, 'utf8')).toContain(key.accessKeyId);
});

test('a service goes back to a backup while it runs, with runs that were half evaluated, and serves on', async () => {
  using place = directory();
  const file = join(place.path, 'backup');
  await using stack = await startTestService();
  const { client, clock, service } = stack;
  const filter = { namePattern: 'Web tier, monthly' };
  const { assessmentTemplateArns: [assessmentTemplateArn] = [] } = await client.send(
    new ListAssessmentTemplatesCommand({ filter }),
  );
  const { assessmentRunArn = '' } = await client.send(new StartAssessmentRunCommand({ assessmentTemplateArn }));
  const kept = await createGroup(client);
  await backUp(stack, file);
  const lost = await createGroup(client);
  await clock.advance(4_065);

  await Promise.all([restore(stack.dataDir, file, clock.now()), createGroup(client)]);
  expect(await hasGroup(client, kept)).toBe(true);
  expect(await hasGroup(client, lost)).toBe(false);
  await clock.advance(10_000);
  const describe = new DescribeAssessmentRunsCommand({ assessmentRunArns: [assessmentRunArn] });
  const { assessmentRuns: [run] = [] } = await client.send(describe);
  expect(run).toMatchObject({ state: 'COMPLETED' });
  const found = await client.send(new ListFindingsCommand({ assessmentRunArns: [assessmentRunArn], maxResults: 500 }));
  const counted = Object.values(run?.findingCounts ?? {}).reduce((sum, count) => sum + count, 0);
  expect(found.findingArns).toHaveLength(Math.min(100, counted));
  const written = await createGroup(client);
  await service[Symbol.asyncDispose]();
  await using again = await startTestService({ dataDir: stack.dataDir, clock });
  expect(await hasGroup(again.client, written)).toBe(true);
  expect(again.logged).toEqual([]);
});

test('a service that runs does not take on another account', async () => {
  using place = directory();
  const file = join(place.path, 'backup');
  await using other = await startTestService({ empty: true, account: '210987654321' });
  await backUp(other, file);
  await using stack = await startTestService({ empty: true });
  const kept = await createGroup(stack.client);
  await expect(restore(stack.dataDir, file, stack.clock.now())).rejects.toThrow(
    `${file} holds account 210987654321 in us-west-2, and the service that runs is 123456789012 in us-west-2; stop it, then restore.`,
  );
  expect(await hasGroup(stack.client, kept)).toBe(true);
});

test('a service that is stopped is backed up as well', async () => {
  using place = directory();
  const file = join(place.path, 'backup');
  await using stack = await startTestService({ empty: true });
  const arn = await createGroup(stack.client);
  await stack.service[Symbol.asyncDispose]();
  await backUp(stack, file);
  await restore(place.path, file);
  await using restored = await startTestService({ dataDir: place.path });
  expect(await hasGroup(restored.client, arn)).toBe(true);
});

test('a backup overwrites nothing and says where it cannot write', async () => {
  using place = directory();
  const file = join(place.path, 'backup');
  writeFileSync(file, 'precious');
  await using stack = await startTestService({ empty: true });
  await expect(backUp(stack, file)).rejects.toThrow(`${file} is there already; a backup overwrites nothing.`);
  expect(readFileSync(file, 'utf8')).toBe('precious');
  await expect(backUp(stack, join(place.path, 'nowhere', 'backup'))).rejects.toThrow('cannot be written');
  await expect(administer(place.path, 'BackUp', { file: `${file}.2` }, 0)).rejects.toThrow(
    `No service has been started on ${place.path} yet.`,
  );
});

test('what is no backup is not restored, and the directory stays as it was', async () => {
  using place = directory();
  const file = join(place.path, 'backup');
  await using stack = await startTestService({ empty: true });
  const arn = await createGroup(stack.client);
  await backUp(stack, file);
  await stack.service[Symbol.asyncDispose]();

  const text = join(place.path, 'text');
  writeFileSync(text, 'this is no database. '.repeat(500));
  const other = join(place.path, 'other');
  const database = new Database(other);
  database.exec('CREATE TABLE directory (a); PRAGMA user_version = 1');
  database.close();
  const newer = join(place.path, 'newer');
  writeFileSync(newer, readFileSync(file));
  const changed = new Database(newer);
  changed.exec('PRAGMA user_version = 1000');
  changed.close();
  const damaged = join(place.path, 'damaged');
  const bytes = readFileSync(file);
  bytes.fill(7, 4096, bytes.length - 4096);
  writeFileSync(damaged, bytes);
  const empty = join(place.path, 'empty');
  writeFileSync(empty, '');

  const refusals = [
    [join(place.path, 'missing'), /^There is no file .+missing\.$/],
    [text, /^.+text is not a backup of the service\.$/],
    [empty, /^.+empty is not a backup of the service\.$/],
    [other, /^.+other is not a backup of the service\.$/],
    [newer, /^.+newer holds a database of version 1000, [^\n]+\.$/],
    [damaged, /^.+damaged (is damaged|cannot be restored: .+)\.$/],
    [place.path, /cannot be restored: /],
  ] as const;
  for (const [candidate, sentence] of refusals) {
    const restored = restore(stack.dataDir, candidate);
    await expect(restored).rejects.toThrow(sentence);
    await expect(restored).rejects.toMatchObject({ name: 'AdminException' });
  }
  expect(readdirSync(stack.dataDir).filter((name) => name.includes('restoring'))).toEqual([]);
  expect(existsSync(file)).toBe(true);
  await using again = await startTestService({ dataDir: stack.dataDir });
  expect(await hasGroup(again.client, arn)).toBe(true);
});
