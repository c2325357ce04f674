import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateAssessmentTargetCommand,
  InspectorClient,
  ListAssessmentTargetsCommand,
} from '@aws-sdk/client-inspector';
import Database from 'libsql';
import { expect, test } from 'vitest';
import { startTestService } from '../support/service.ts';

function directory(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'inspector-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

test('the first start makes credentials that only the owner can read, and later starts keep them', async () => {
  using dir = directory();
  const dataDir = join(dir.path, 'new', 'data');
  const first = await startTestService({ dataDir, empty: true });
  const { credentials, credentialsFile } = first.service;
  expect(first.service).toMatchObject({ created: true, sample: false, timeScale: 1, region: 'us-west-2' });
  expect(statSync(credentialsFile).mode & 0o777).toBe(0o600);
  const profile = `aws_access_key_id = ${credentials.accessKeyId}\naws_secret_access_key = ${credentials.secretAccessKey}\n`;
  expect(readFileSync(credentialsFile, 'utf8')).toBe(`[default]\n${profile}\n[inspector]\n${profile}`);
  await first[Symbol.asyncDispose]();
  await using second = await startTestService({ dataDir, empty: true });
  expect(second.service).toMatchObject({ created: false, sample: false, credentials });
});

test('the files of a directory are for its owner only, whoever may look into it', async () => {
  using dir = directory();
  chmodSync(dir.path, 0o755);
  await using _service = await startTestService({ dataDir: dir.path, empty: true });
  const files = readdirSync(dir.path);
  expect(files).toContain('inspector.db');
  expect(files.filter((file) => statSync(join(dir.path, file)).mode & 0o077)).toEqual([]);
});

test('a directory remembers that it holds the sample account', async () => {
  using dir = directory();
  const first = await startTestService({ dataDir: dir.path });
  expect(first.service).toMatchObject({ created: true, sample: true, timeScale: 60 });
  const arns = await first.client.send(new ListAssessmentTargetsCommand({}));
  await first[Symbol.asyncDispose]();
  await expect(startTestService({ dataDir: dir.path, empty: true })).rejects.toMatchObject({ setting: 'empty' });
  await using second = await startTestService({ dataDir: dir.path, timeScale: 7 });
  expect(second.service).toMatchObject({
    created: false,
    sample: true,
    timeScale: 7,
    region: 'us-west-2',
    account: '123456789012',
  });
  const again = await second.client.send(new ListAssessmentTargetsCommand({}));
  expect(again.assessmentTargetArns).toEqual(arns.assessmentTargetArns);
});

test('a directory that was begun empty stays empty', async () => {
  using dir = directory();
  await (await startTestService({ dataDir: dir.path, empty: true }))[Symbol.asyncDispose]();
  await using stack = await startTestService({ dataDir: dir.path });
  expect(stack.service).toMatchObject({ created: false, sample: false, timeScale: 1 });
});

test('an empty directory begins in the region and as the account that are wanted, and stays there', async () => {
  using dir = directory();
  const wanted = { region: 'us-gov-west-1', account: '210987654321' };
  {
    await using stack = await startTestService({ dataDir: dir.path, empty: true, ...wanted });
    expect(stack.service).toMatchObject(wanted);
    const { assessmentTargetArn } = await stack.client.send(
      new CreateAssessmentTargetCommand({ assessmentTargetName: 'here' }),
    );
    expect(assessmentTargetArn).toMatch(/^arn:aws-us-gov:inspector:us-gov-west-1:210987654321:target\//);
  }
  for (const [setting, value] of [
    ['region', 'eu-west-1'],
    ['account', '123456789012'],
  ] as const) {
    await expect(startTestService({ dataDir: dir.path, [setting]: value })).rejects.toMatchObject({
      setting,
      message: `is not the ${setting} of the data directory, ${wanted[setting]}`,
    });
  }
  await using again = await startTestService({ dataDir: dir.path });
  expect(again.service).toMatchObject(wanted);
});

test('a region that Inspector has never been in, or that the sample account does not lie in, is refused', async () => {
  using dir = directory();
  await expect(startTestService({ dataDir: dir.path, empty: true, region: 'eu-west-3' })).rejects.toMatchObject({
    setting: 'region',
    message: expect.stringContaining('is not a region of Amazon Inspector'),
  });
  await expect(startTestService({ dataDir: dir.path, region: 'eu-west-1' })).rejects.toMatchObject({
    setting: 'region',
    message: 'is not the region of the sample account, us-west-2',
  });
  await using stack = await startTestService({ dataDir: dir.path, empty: true, region: 'eu-west-1' });
  expect(stack.service).toMatchObject({ created: true, region: 'eu-west-1' });
});

test('one service owns a directory; the next may have it as soon as that has ended', async () => {
  await using first = await startTestService({ empty: true });
  await expect(startTestService({ dataDir: first.dataDir })).rejects.toMatchObject({
    setting: 'dataDir',
    message: 'another process uses already',
  });
  await first.service[Symbol.asyncDispose]();
  await using second = await startTestService({ dataDir: first.dataDir });
  expect(second.service.created).toBe(false);
});

test('a taken port is a matter of the port', async () => {
  await using stack = await startTestService({ empty: true });
  const port = Number(new URL(stack.service.endpoint).port);
  const error = await startTestService({ empty: true, port }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    name: 'StartError',
    setting: 'servicePort',
    message: 'is in use on 127.0.0.1 already; give another, or 0 for any free one',
  });
});

test('a directory that cannot be used is a matter of the directory', async () => {
  using dir = directory();
  const file = join(dir.path, 'file');
  writeFileSync(file, 'x');
  await expect(startTestService({ dataDir: file })).rejects.toMatchObject({ setting: 'dataDir' });
  writeFileSync(join(dir.path, 'inspector.db'), 'this is no database. '.repeat(500));
  await expect(startTestService({ dataDir: dir.path })).rejects.toMatchObject({ setting: 'dataDir' });
});

test('a credentials file without a key is a matter of the directory', async () => {
  using dir = directory();
  writeFileSync(join(dir.path, 'credentials'), '[default]\n');
  await expect(startTestService({ dataDir: dir.path })).rejects.toMatchObject({ setting: 'dataDir' });
});

test('a database of a newer program is refused', async () => {
  using dir = directory();
  await (await startTestService({ dataDir: dir.path, empty: true }))[Symbol.asyncDispose]();
  const database = new Database(join(dir.path, 'inspector.db'));
  database.exec('PRAGMA user_version = 1000');
  database.close();
  await expect(startTestService({ dataDir: dir.path })).rejects.toMatchObject({
    setting: 'dataDir',
    message: expect.stringContaining('version 1000'),
  });
});

test('a key that is not in the credentials file is not known', async () => {
  await using stack = await startTestService({ empty: true });
  const { endpoint, region, credentials } = stack.service;
  const send = (keys: typeof credentials) =>
    new InspectorClient({ endpoint, region, credentials: keys, maxAttempts: 1 }).send(
      new ListAssessmentTargetsCommand({}),
    );
  await expect(send({ ...credentials, accessKeyId: 'AKIAOTHER' })).rejects.toMatchObject({
    name: 'UnrecognizedClientException',
  });
  await expect(send({ ...credentials, secretAccessKey: 'other' })).rejects.toMatchObject({
    name: 'InvalidSignatureException',
  });
});
