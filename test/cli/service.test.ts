import { InspectorClient, ListAssessmentTargetsCommand } from '@aws-sdk/client-inspector';
import { expect, test, vi } from 'vitest';
import { childrenOf, isListening, startProgram, temporaryDirectory } from '../support/program.ts';

test('the service runs alone, and a gateway elsewhere is pointed at it', async () => {
  using directory = temporaryDirectory();
  await using service = await startProgram('service', ['--data-dir', directory.path]);
  const { endpoint } = service;
  expect(service.output).toContain('The Inspector service is ready.');
  expect(await childrenOf(service.pid)).toEqual([]);

  // As the AWS CLI and every SDK find it: by the file that the program names.
  const credentials = `${directory.path}/credentials`;
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', credentials);
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) vi.stubEnv(name, undefined);
  const client = new InspectorClient({ endpoint, region: 'us-west-2' });
  const { assessmentTargetArns = [] } = await client.send(new ListAssessmentTargetsCommand({}));
  client.destroy();
  vi.unstubAllEnvs();
  expect(assessmentTargetArns).toHaveLength(5);

  {
    await using gateway = await startProgram('serve', [], {
      INSPECTOR_ENDPOINT: endpoint,
      AWS_REGION: 'us-west-2',
      AWS_SHARED_CREDENTIALS_FILE: credentials,
      AWS_PROFILE: 'inspector',
    });
    expect(gateway.output).toContain(`Inspector    ${endpoint}  (region us-west-2; not of this program)\n`);
    expect(await childrenOf(gateway.pid)).toEqual([]);
    const { data, errors } = await gateway.query('{ assessmentTargets { edges { node { id name } } } }');
    expect(errors).toBeUndefined();
    const edges = assessmentTargetArns.map((id) => ({ node: { id, name: expect.any(String) } }));
    expect(data).toEqual({ assessmentTargets: { edges } });
    expect(await gateway.end('SIGTERM')).toMatchObject({ code: 0, errors: '' });
  }

  expect(await isListening(endpoint)).toBe(true);
  expect(await service.end('SIGINT')).toMatchObject({ code: 0, errors: '' });
  expect(await isListening(endpoint)).toBe(false);
});

test('a gateway whose endpoint does not answer says so in its answers', async () => {
  await using gateway = await startProgram('serve', [], {
    INSPECTOR_ENDPOINT: 'http://127.0.0.1:9',
    AWS_REGION: 'us-west-2',
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
  });
  const answer = await gateway.query('{ assessmentTargets { edges { node { id } } } }');
  expect(answer.data).toEqual({ assessmentTargets: null });
  expect(answer.errors).toMatchObject([{ extensions: { code: 'UPSTREAM_UNAVAILABLE', retryable: true } }]);
});
