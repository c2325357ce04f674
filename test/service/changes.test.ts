import {
  AddAttributesToFindingsCommand,
  CreateAssessmentTargetCommand,
  CreateAssessmentTemplateCommand,
  CreateResourceGroupCommand,
  DescribeAssessmentTargetsCommand,
  DescribeCrossAccountAccessRoleCommand,
  DescribeFindingsCommand,
  type Finding,
  type InspectorClient,
  ListFindingsCommand,
  ListTagsForResourceCommand,
  RegisterCrossAccountAccessRoleCommand,
  RemoveAttributesFromFindingsCommand,
  SetTagsForResourceCommand,
  UpdateAssessmentTargetCommand,
} from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { startTestService } from '../support/service.ts';

const PREFIX = 'arn:aws:inspector:us-west-2:123456789012';
const NO_TARGET = `${PREFIX}:target/0-00000000`;
const NO_TEMPLATE = `${NO_TARGET}/template/0-00000000`;
const NO_FINDING = `${NO_TEMPLATE}/run/0-00000000/finding/0-00000000`;
const NO_GROUP = `${PREFIX}:resourcegroup/0-00000000`;

async function createTarget(client: InspectorClient, assessmentTargetName: string, resourceGroupArn?: string) {
  const created = await client.send(new CreateAssessmentTargetCommand({ assessmentTargetName, resourceGroupArn }));
  return created.assessmentTargetArn ?? '';
}

async function describe(client: InspectorClient, arn: string): Promise<Finding> {
  const { findings } = await client.send(new DescribeFindingsCommand({ findingArns: [arn] }));
  return findings?.[0] ?? expect.fail(`no finding ${arn}`);
}

test('findings get attributes, and lists find them by these', async () => {
  await using stack = await startTestService();
  const { client, clock } = stack;
  const { findingArns: [one = '', other = '', third = ''] = [] } = await client.send(new ListFindingsCommand({}));
  const before = await describe(client, one);
  const add = (findingArns: string[], attributes: { key: string; value?: string }[]) =>
    client.send(new AddAttributesToFindingsCommand({ findingArns, attributes }));
  const remove = (findingArns: string[], attributeKeys: string[]) =>
    client.send(new RemoveAttributesFromFindingsCommand({ findingArns, attributeKeys }));
  const listed = async (key: string, value?: string) =>
    (await client.send(new ListFindingsCommand({ filter: { userAttributes: [{ key, value }] } }))).findingArns;

  await clock.advance(60_000);
  expect((await add([one, other], [{ key: 'Ticket', value: '1' }, { key: 'Seen' }])).failedItems).toEqual({});
  await add([one], [{ key: 'Ticket', value: '2' }]);
  const after = await describe(client, one);
  const kept = before.userAttributes ?? [];
  expect(after).toEqual({
    ...before,
    userAttributes: [...kept, { key: 'Seen' }, { key: 'Ticket', value: '2' }],
    updatedAt: new Date(clock.now()),
  });
  expect(await listed('Ticket', '2')).toEqual([one]);
  expect((await listed('Ticket'))?.sort()).toEqual([one, other].sort());

  const ten = Array.from({ length: 10 }, (_, index) => ({ key: `k${index}`, value: 'v' }));
  expect((await add([one, NO_FINDING, NO_TARGET], ten)).failedItems).toEqual({
    [one]: { failureCode: 'LIMIT_EXCEEDED', retryable: false },
    [NO_FINDING]: { failureCode: 'ITEM_DOES_NOT_EXIST', retryable: false },
    [NO_TARGET]: { failureCode: 'INVALID_ARN', retryable: false },
  });
  expect(await describe(client, one)).toEqual(after);
  expect((await add([third, third], [{ key: 'Twice' }])).failedItems).toEqual({
    [third]: { failureCode: 'DUPLICATE_ARN', retryable: false },
  });
  expect(await listed('Twice')).toEqual([third]);

  expect((await remove([one, NO_FINDING], ['Seen', 'Ticket', 'never'])).failedItems).toEqual({
    [NO_FINDING]: { failureCode: 'ITEM_DOES_NOT_EXIST', retryable: false },
  });
  expect((await describe(client, one)).userAttributes).toEqual(kept);
  expect(await listed('Ticket')).toEqual([other]);
  await expect(add([one], [{ key: 'k' }, { key: 'k' }])).rejects.toMatchObject({ errorCode: 'INVALID_USER_ATTRIBUTE' });
  await expect(remove(['fake_arn'], ['k'])).rejects.toMatchObject({ errorCode: 'INVALID_FINDING_ARN' });
});

test('a target gets another name and resource group', async () => {
  await using stack = await startTestService({ empty: true });
  const { client, clock } = stack;
  const { resourceGroupArn } = await client.send(new CreateResourceGroupCommand({ resourceGroupTags: [{ key: 'k' }] }));
  const arn = await createTarget(client, 'target', resourceGroupArn);
  await createTarget(client, 'taken');
  const createdAt = new Date(clock.now());
  await clock.advance(1_000);
  const update = (assessmentTargetName: string, group?: string, assessmentTargetArn = arn) =>
    client.send(
      new UpdateAssessmentTargetCommand({ assessmentTargetArn, assessmentTargetName, resourceGroupArn: group }),
    );
  await update('target', resourceGroupArn);
  await update('renamed');
  const described = await client.send(new DescribeAssessmentTargetsCommand({ assessmentTargetArns: [arn] }));
  expect(described.assessmentTargets).toEqual([{ arn, name: 'renamed', createdAt, updatedAt: new Date(clock.now()) }]);
  await expect(update('taken')).rejects.toMatchObject({ errorCode: 'ASSESSMENT_TARGET_NAME_ALREADY_TAKEN' });
  await expect(update('x', NO_GROUP)).rejects.toMatchObject({ errorCode: 'RESOURCE_GROUP_DOES_NOT_EXIST' });
  await expect(update('x', undefined, NO_TARGET)).rejects.toMatchObject({
    name: 'NoSuchEntityException',
    errorCode: 'ASSESSMENT_TARGET_DOES_NOT_EXIST',
  });
});

test('the tags of a template are replaced as a whole', async () => {
  await using stack = await startTestService({ empty: true });
  const { client } = stack;
  const assessmentTargetArn = await createTarget(client, 'target');
  const { assessmentTemplateArn: resourceArn } = await client.send(
    new CreateAssessmentTemplateCommand({
      assessmentTargetArn,
      assessmentTemplateName: 'template',
      durationInSeconds: 180,
      rulesPackageArns: [],
    }),
  );
  const set = (tags?: { key: string; value?: string }[], arn = resourceArn) =>
    client.send(new SetTagsForResourceCommand({ resourceArn: arn, tags }));
  const tags = async () => (await client.send(new ListTagsForResourceCommand({ resourceArn }))).tags;
  expect(await tags()).toEqual([]);
  await set([{ key: 'a', value: '1' }, { key: 'b' }]);
  expect(await tags()).toEqual([{ key: 'a', value: '1' }, { key: 'b' }]);
  await set([{ key: 'c', value: '2' }]);
  expect(await tags()).toEqual([{ key: 'c', value: '2' }]);
  await expect(set([{ key: 'd' }, { key: 'd' }])).rejects.toMatchObject({ errorCode: 'INVALID_TAG' });
  expect(await tags()).toEqual([{ key: 'c', value: '2' }]);
  await set();
  expect(await tags()).toEqual([]);
  await expect(set([], assessmentTargetArn)).rejects.toMatchObject({ errorCode: 'INVALID_RESOURCE_ARN' });
  await expect(set([], NO_TEMPLATE)).rejects.toMatchObject({ errorCode: 'ASSESSMENT_TEMPLATE_DOES_NOT_EXIST' });
});

test('the role of the account is registered, and no other', async () => {
  await using stack = await startTestService({ empty: true });
  const { client, clock } = stack;
  const describeRole = new DescribeCrossAccountAccessRoleCommand({});
  const register = (roleArn: string) => client.send(new RegisterCrossAccountAccessRoleCommand({ roleArn }));
  await expect(client.send(describeRole)).rejects.toMatchObject({
    name: 'InvalidCrossAccountRoleException',
    message: 'Account 123456789012 does not have a cross-account access role',
  });
  await expect(register('arn:aws:iam::210987654321:role/inspector')).rejects.toMatchObject({
    name: 'InvalidCrossAccountRoleException',
    errorCode: 'ROLE_DOES_NOT_EXIST_OR_INVALID_TRUST_RELATIONSHIP',
  });
  await expect(register('arn:aws:iam::123456789012:user/inspector')).rejects.toMatchObject({
    name: 'InvalidInputException',
    errorCode: 'INVALID_IAM_ROLE_ARN',
  });
  for (const roleArn of ['arn:aws:iam::123456789012:role/one', 'arn:aws:iam::123456789012:role/path/other']) {
    await clock.advance(1_000);
    await register(roleArn);
    expect(await client.send(describeRole)).toMatchObject({
      roleArn,
      valid: true,
      registeredAt: new Date(clock.now()),
    });
  }
});
