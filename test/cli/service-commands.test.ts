import { join } from 'node:path';
import {
  CreateAssessmentTargetCommand,
  InspectorClient,
  ListAssessmentTargetsCommand,
} from '@aws-sdk/client-inspector';
import Database from 'libsql';
import { expect, test } from 'vitest';
import { runProgram, startProgram, temporaryDirectory } from '../support/program.ts';

/** The key in a profile as `credentials add` prints it. */
function keyIn(profile: string): { accessKeyId: string; secretAccessKey: string } {
  const [, accessKeyId = '', secretAccessKey = ''] =
    /^\[.+\]\naws_access_key_id = (\S+)\naws_secret_access_key = (\S+)\n$/.exec(profile) ?? [];
  return { accessKeyId, secretAccessKey };
}

function refusal(errors: string) {
  return { code: 1, output: '', errors };
}

test('keys are added, listed and removed while the service runs', async () => {
  using directory = temporaryDirectory();
  const where = ['--data-dir', directory.path];
  const early = await runProgram(['service', 'credentials', 'list', ...where]);
  expect(early).toEqual(refusal(`No service has been started on ${directory.path} yet.\n`));

  await using service = await startProgram('service', ['--empty', ...where]);
  const added = await runProgram(['service', 'credentials', 'add', '--read-only', '--profile', 'auditor', ...where]);
  expect(added).toMatchObject({ code: 0, errors: '' });
  expect(added.output).toMatch(/^\[auditor\]\n/);
  const credentials = keyIn(added.output);
  const client = new InspectorClient({ endpoint: service.endpoint, region: 'us-west-2', credentials, maxAttempts: 1 });
  expect(await client.send(new ListAssessmentTargetsCommand({}))).toMatchObject({ assessmentTargetArns: [] });
  await expect(client.send(new CreateAssessmentTargetCommand({ assessmentTargetName: 'a' }))).rejects.toMatchObject({
    name: 'AccessDeniedException',
  });

  const list = await runProgram(['service', '--data-dir', directory.path, 'credentials', 'list']);
  expect(list).toMatchObject({ code: 0, errors: '' });
  const [first = '', ...others] = list.output.trimEnd().split('\n');
  expect(first).toMatch(
    /^AKIA[A-Z2-7]{16} {2}default, inspector {2}\(may everything: the program itself signs with it\)$/,
  );
  expect(others).toEqual([`${credentials.accessKeyId}  auditor  (may read)`]);

  const { accessKeyId } = credentials;
  const removed = await runProgram(['service', 'credentials', 'remove', accessKeyId], { DATA_DIR: directory.path });
  expect(removed).toEqual({ code: 0, output: `${accessKeyId} is removed.\n`, errors: '' });
  await expect(client.send(new ListAssessmentTargetsCommand({}))).rejects.toMatchObject({
    name: 'UnrecognizedClientException',
  });
  client.destroy();
  const again = await runProgram(['service', 'credentials', 'remove', accessKeyId, ...where]);
  expect(again).toEqual(refusal(`There is no key ${accessKeyId}.\n`));
});

test('a directory that is in use is refused, and is free as soon as its service is killed', async () => {
  using directory = temporaryDirectory();
  const where = ['--data-dir', directory.path];
  await using service = await startProgram('service', ['--empty', ...where]);
  const sentence = `--data-dir is ${JSON.stringify(directory.path)}, which another process uses already.\n`;
  expect(await runProgram(['service', '--service-port', '0', ...where])).toEqual(refusal(sentence));
  expect(await runProgram(['serve', '--port', '0', '--service-port', '0', ...where])).toEqual(refusal(sentence));
  await service.end('SIGKILL');
  const list = await runProgram(['service', 'credentials', 'list', ...where]);
  expect(list).toMatchObject({ code: 0, errors: '' });
  await using next = await startProgram('service', where);
  expect(next.endpoint).toMatch(/^http:/);
});

test('a service is backed up and restored while it runs, and while it does not', async () => {
  using directory = temporaryDirectory();
  const where = ['--data-dir', directory.path];
  const file = join(directory.path, 'backup');
  await using service = await startProgram('service', ['--empty', ...where]);
  expect(await runProgram(['service', 'backup', file, ...where])).toEqual({
    code: 0,
    output: `${file} holds what ${directory.path} holds, access keys aside.\n`,
    errors: '',
  });
  const twice = `${file} is there already; a backup overwrites nothing.\n`;
  expect(await runProgram(['service', 'backup', file, ...where])).toEqual(refusal(twice));
  const restored = { code: 0, output: `${directory.path} holds what ${file} holds.\n`, errors: '' };
  const refused = refusal(`${import.meta.filename} is not a backup of the service.\n`);
  expect(await runProgram(['service', 'restore', file, ...where])).toEqual(restored);
  expect(await runProgram(['service', 'restore', import.meta.filename, ...where])).toEqual(refused);
  await service.end('SIGTERM');
  expect(await runProgram(['service', 'restore', import.meta.filename, ...where])).toEqual(refused);
  expect(await runProgram(['service', 'restore', file, ...where])).toEqual(restored);
});

test('a database of a newer program is refused in one sentence', async () => {
  using directory = temporaryDirectory();
  const database = new Database(join(directory.path, 'inspector.db'));
  database.exec('PRAGMA user_version = 1000');
  database.close();
  const { code, output, errors } = await runProgram(['serve', '--port', '0', '--data-dir', directory.path]);
  expect([code, output]).toEqual([1, '']);
  expect(errors).toMatch(/^--data-dir is ".+", which holds a database of version 1000, [^\n]+\.\n$/);
});

test('the settings of the service reach it from `serve`', async () => {
  using directory = temporaryDirectory();
  const where = ['--data-dir', directory.path, '--empty', '--account', '210987654321'];
  await using program = await startProgram('serve', [...where, '--read-only'], { INSPECTOR_REGION: 'eu-west-1' });
  expect(program.output).toContain('(region eu-west-1, account 210987654321)\n');
  const { data } = await program.query(
    'mutation { createAssessmentTarget(input: { assessmentTargetName: "a" }) { __typename } }',
  );
  expect(data).toEqual({ createAssessmentTarget: { __typename: 'ServiceTemporarilyUnavailableError' } });
  await program.end('SIGTERM');
  expect(await runProgram(['serve', ...where, '--region', 'eu-west-2'])).toEqual(
    refusal('--region is "eu-west-2", which is not the region of the data directory, eu-west-1.\n'),
  );
});
