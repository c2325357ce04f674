import { readFileSync, statSync, writeFileSync } from 'node:fs';
import {
  CreateAssessmentTargetCommand,
  InspectorClient,
  ListAssessmentTargetsCommand,
  StartAssessmentRunCommand,
} from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { inspectorApi } from '../../src/model/api.ts';
import { administer } from '../../src/service/admin/administer.ts';
import { sendRaw } from '../support/raw-request.ts';
import { startTestService, type TestService } from '../support/service.ts';

type Key = TestService['service']['credentials'];

function add({ dataDir, clock }: TestService, profile?: string, readOnly = false) {
  return administer(dataDir, 'AddAccessKey', { profile, readOnly }, clock.now());
}

async function list({ dataDir, clock }: TestService) {
  return administer(dataDir, 'ListAccessKeys', {}, clock.now());
}

function remove({ dataDir, clock }: TestService, accessKeyId: string) {
  return administer(dataDir, 'RemoveAccessKey', { accessKeyId }, clock.now());
}

/** The service under test as one sees it who signs with another key. */
function as(stack: TestService, credentials: Key): TestService {
  return { ...stack, service: { ...stack.service, credentials } };
}

function clientOf({ service }: TestService, credentials: Key): InspectorClient {
  return new InspectorClient({ endpoint: service.endpoint, region: service.region, credentials, maxAttempts: 1 });
}

test('a key signs as soon as it is added, after a restart too, and no longer once it is removed', async () => {
  await using stack = await startTestService({ empty: true });
  const key = await add(stack, 'deployer');
  expect(
    await clientOf(stack, key).send(new CreateAssessmentTargetCommand({ assessmentTargetName: 'a' })),
  ).toBeTruthy();
  expect(statSync(stack.service.credentialsFile).mode & 0o777).toBe(0o600);
  expect(readFileSync(stack.service.credentialsFile, 'utf8')).toContain(
    `[deployer]\naws_access_key_id = ${key.accessKeyId}\naws_secret_access_key = ${key.secretAccessKey}\n`,
  );
  await stack.service[Symbol.asyncDispose]();

  await using again = await startTestService({ dataDir: stack.dataDir });
  const client = clientOf(again, key);
  const { assessmentTargetArns } = await client.send(new ListAssessmentTargetsCommand({}));
  expect(assessmentTargetArns).toHaveLength(1);
  await remove(again, key.accessKeyId);
  await expect(client.send(new ListAssessmentTargetsCommand({}))).rejects.toMatchObject({
    name: 'UnrecognizedClientException',
  });
  expect(await list(again)).toEqual([
    { accessKeyId: again.service.credentials.accessKeyId, profiles: ['default', 'inspector'], may: 'everything' },
  ]);
});

test('a read-only key reads everything and changes nothing', async () => {
  await using stack = await startTestService({ empty: true });
  const key = await add(stack, 'auditor', true);
  expect(await list(stack)).toContainEqual({ accessKeyId: key.accessKeyId, profiles: ['auditor'], may: 'read' });
  for (const operation of Object.keys(inspectorApi.operations)) {
    const { status, json } = await sendRaw(as(stack, key), { operation });
    if (/^(Describe|Get|List|Preview)/.test(operation)) {
      expect(json.__type, operation).not.toBe('AccessDeniedException');
      continue;
    }
    expect([status, json], operation).toEqual([
      403,
      {
        __type: 'AccessDeniedException',
        message: `User: arn:aws:iam::123456789012:user/auditor is not authorized to perform: inspector:${operation}`,
        errorCode: expect.stringMatching(/^ACCESS_DENIED_TO_/),
        canRetry: false,
      },
    ]);
  }
  await expect(
    clientOf(stack, key).send(new StartAssessmentRunCommand({ assessmentTemplateArn: 'arn:of:nothing' })),
  ).rejects.toMatchObject({ name: 'AccessDeniedException', errorCode: 'ACCESS_DENIED_TO_ASSESSMENT_RUN' });
  expect((await sendRaw(as(stack, key), { operation: 'NoSuchOperation' })).json.__type).toBe(
    'UnknownOperationException',
  );
});

test('keys are tended while no service runs, and the next start knows them', async () => {
  await using stack = await startTestService({ empty: true });
  await stack.service[Symbol.asyncDispose]();
  const gone = await add(stack);
  const kept = await add(stack, undefined, true);
  await remove(stack, gone.accessKeyId);
  await using again = await startTestService({ dataDir: stack.dataDir });
  expect((await list(again)).map(({ accessKeyId, may }) => [accessKeyId, may])).toEqual([
    [stack.service.credentials.accessKeyId, 'everything'],
    [kept.accessKeyId, 'read'],
  ]);
  expect((await sendRaw(as(again, kept), {})).status).toBe(200);
  expect((await sendRaw(as(again, gone), {})).json.__type).toBe('UnrecognizedClientException');
});

test('what an owner has written into the credentials file stays there', async () => {
  await using stack = await startTestService({ empty: true });
  const file = stack.service.credentialsFile;
  const own =
    '\n# mine\n[other service]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = other\nregion = eu-west-1\n';
  writeFileSync(file, readFileSync(file, 'utf8') + own);
  const { accessKeyId } = await add(stack, 'one');
  await remove(stack, accessKeyId);
  expect(readFileSync(file, 'utf8')).toContain(own);
  expect(await list(stack)).toContainEqual({ accessKeyId: 'AKIAOTHER', profiles: ['other service'], may: 'change' });
});

test('the first key stays, and names are given once', async () => {
  await using stack = await startTestService({ empty: true });
  const { accessKeyId } = stack.service.credentials;
  await expect(remove(stack, accessKeyId)).rejects.toThrow(`${accessKeyId} is the first key`);
  await expect(remove(stack, 'AKIAOTHER')).rejects.toThrow('There is no key AKIAOTHER.');
  await expect(add(stack, 'inspector')).rejects.toThrow('There is a profile inspector already');
  await expect(add(stack, 'a]\n[b')).rejects.toThrow("cannot be a profile's name");
  expect(await list(stack)).toHaveLength(1);
});

test('only the first key administers', async () => {
  await using stack = await startTestService({ empty: true });
  const key = await add(stack, 'other');
  const headers = { 'x-amz-target': 'InspectorAdmin.ListAccessKeys' };
  expect((await sendRaw(stack, { headers })).status).toBe(200);
  expect((await sendRaw(as(stack, key), { headers })).json.__type).toBe('UnknownOperationException');
  expect((await sendRaw(stack, { headers, signed: false })).json.__type).toBe('MissingAuthenticationTokenException');
});

test('a read-only service refuses what may change anything, and reads', async () => {
  await using stack = await startTestService({ empty: true, readOnly: true });
  for (const [operation, { errors }] of Object.entries(inspectorApi.operations)) {
    const { status, json } = await sendRaw(stack, { operation });
    const refusal = [503, 'ServiceTemporarilyUnavailableException', true];
    if (errors.includes('ServiceTemporarilyUnavailableException')) {
      expect([status, json.__type, json.canRetry], operation).toEqual(refusal);
    } else {
      expect([status, json.__type, json.canRetry], operation).not.toEqual(refusal);
    }
  }
  expect((await sendRaw(stack, { operation: 'ListAssessmentTargets' })).json).toEqual({ assessmentTargetArns: [] });
});

// On Linux every address that begins with 127 is there, and to the service another one is another machine's.
test.runIf(process.platform === 'linux')(
  'from another address nobody tends the service, its owner neither',
  async () => {
    await using stack = await startTestService({ empty: true });
    const raw = { headers: { 'x-amz-target': 'InspectorAdmin.ListAccessKeys' } };
    expect(await sendRaw(stack, raw)).toMatchObject({ status: 200 });
    expect(await sendRaw(stack, { ...raw, localAddress: '127.0.0.2' })).toMatchObject({
      json: { __type: 'UnknownOperationException' },
    });
    expect(await sendRaw(stack, { localAddress: '127.0.0.2' })).toMatchObject({ status: 200 });
  },
);
