/**
 * Inputs made from the model: one that an operation accepts, and for each bound one on either side of it. It must not know
 * the service.
 */
import { inspectorApi, type Shape, shape } from '../../src/model/api.ts';

/** An input, and what it is about. */
export interface Case {
  readonly operation: string;
  readonly about: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly isValid: boolean;
}

/** A value for a place in an input, and what it is about. */
interface Variant {
  readonly about: string;
  readonly value: unknown;
  readonly isValid: boolean;
}

const ACCOUNT = '123456789012';
const TARGET = 'target/0-00000000';
const TEMPLATE = `${TARGET}/template/0-00000000`;
const RUN = `${TEMPLATE}/run/0-00000000`;

/** What the ARNs of an input name, by the beginning of the member's name. */
const RESOURCES: Readonly<Record<string, string>> = {
  assessmentRunArn: RUN,
  assessmentTargetArn: TARGET,
  assessmentTemplateArn: TEMPLATE,
  exclusionArn: `${RUN}/exclusion/0-`,
  findingArn: `${RUN}/finding/0-`,
  previewAgentsArn: TARGET,
  resourceArn: TEMPLATE,
  resourceGroupArn: 'resourcegroup/0-',
  rulesPackageArn: 'rulespackage/0-',
};
/** Texts that only the service makes. */
const OPAQUE = 'PaginationToken';
/** Enough for an item of a list to be like no other. */
const LENGTH = 12;

let made = 0;

/** A text of so many characters, each time another one where there is room. */
function text(length: number): string {
  made += 1;
  const padded = `${made}`.padStart(length, 'x');
  return padded.slice(padded.length - length);
}

/** A well-formed ARN of something that does not exist, of so many characters or as short as they come. */
function arn(member: string, length = 0): string {
  made += 1;
  const padded = (beginning: string, end: string, filler: string) =>
    `${beginning}${filler.repeat(Math.max(0, length - beginning.length - end.length))}${end}`;
  if (member === 'roleArn') return padded(`arn:aws:iam::${ACCOUNT}:role/`, `${made}`, 'r');
  if (member === 'topicArn') return padded('arn:aws:sns:us-west-2', `:${ACCOUNT}:topic${made}`, '2');
  const [, resource = ''] = Object.entries(RESOURCES).find(([name]) => member.startsWith(name)) ?? [];
  return padded('arn:aws:inspector:us-west-2', `:${ACCOUNT}:${resource}${made}`, '2');
}

/** A value that a member accepts. */
function valid(name: string, member: string): unknown {
  const { type, min, max = LENGTH, member: item = '', enum: values, pattern } = shape(name);
  if (values) return values[0];
  if (pattern) return '00000000-0000-4000-8000-000000000000';
  if (name === 'Arn') return arn(member);
  if (type === 'string') return text(Math.min(max, LENGTH));
  if (type === 'list') return Array.from({ length: min ?? 0 }, () => valid(item, member));
  if (type === 'structure') return validStructure(name);
  return type === 'timestamp' ? new Date(0) : (min ?? 1);
}

function validStructure(name: string): Record<string, unknown> {
  const { members = {}, required = [] } = shape(name);
  return Object.fromEntries(required.map((member) => [member, valid(members[member] ?? '', member)]));
}

/** The least input of an operation that is as the model wants it. It names what does not exist. */
export function validInput(operation: string): Record<string, unknown> {
  const { input } = inspectorApi.operations[operation] ?? {};
  return input ? validStructure(input) : {};
}

/** Inputs on both sides of each bound of each member of an operation's input, all else being valid. */
export function boundaryCases(operation: string): Case[] {
  const { input } = inspectorApi.operations[operation] ?? {};
  if (!input) return [];
  return structureVariants(input, '').map(({ value, ...variant }) => ({
    operation,
    ...variant,
    input: value as Record<string, unknown>,
  }));
}

function variants(name: string, member: string, place: string): Variant[] {
  const expected = shape(name);
  switch (expected.type) {
    case 'structure':
      return structureVariants(name, place);
    case 'list':
      return listVariants(expected, member, place);
    case 'string':
      return textVariants(name, expected, member, place);
    case 'integer':
      return [
        ...edges(expected, place, 'value', (value) => value),
        { about: `${place}: more than 32 bits`, value: 2 ** 31, isValid: false },
      ];
    default:
      return [{ about: `${place}: a time`, value: new Date(0), isValid: true }];
  }
}

function structureVariants(name: string, place: string): Variant[] {
  const { members = {}, required = [] } = shape(name);
  const at = (member: string) => (place === '' ? member : `${place}.${member}`);
  const without = (member: string) => {
    const { [member]: _, ...others } = validStructure(name);
    return { about: `${at(member)}: missing`, value: others, isValid: false };
  };
  return [
    { about: `${place}: only what is required`, value: validStructure(name), isValid: true },
    ...required.map(without),
    ...Object.entries(members).flatMap(([member, memberShape]) =>
      variants(memberShape, member, at(member)).map((variant) => ({
        ...variant,
        value: { ...validStructure(name), [member]: variant.value },
      })),
    ),
  ];
}

function listVariants(expected: Shape, member: string, place: string): Variant[] {
  const item = expected.member ?? '';
  return [
    ...edges(expected, place, 'items', (length) => Array.from({ length }, () => valid(item, member))),
    ...variants(item, member, `${place}[0]`).map((variant) => ({ ...variant, value: [variant.value] })),
  ];
}

function textVariants(name: string, expected: Shape, member: string, place: string): Variant[] {
  if (expected.enum) {
    return [
      ...expected.enum.map((value) => ({ about: `${place}: ${value}`, value, isValid: true })),
      { about: `${place}: another value`, value: `${expected.enum[0]}_`, isValid: false },
    ];
  }
  if (expected.pattern) {
    const value = String(valid(name, member));
    return [
      { about: `${place}: as its pattern says`, value, isValid: true },
      { about: `${place}: more than its pattern says`, value: `${value}0`, isValid: false },
      { about: `${place}: less than its pattern says`, value: value.slice(1), isValid: false },
    ];
  }
  const make = (length: number) => (name === 'Arn' && length > LENGTH ? arn(member, length) : text(length));
  // An ARN is longer than its least length, and a token cannot be made up: within the bounds there is nothing to try.
  const isMade = (value: unknown) => name !== OPAQUE && (name !== 'Arn' || String(value).length > LENGTH);
  return edges(expected, place, 'characters', make).filter(({ value, isValid }) => !isValid || isMade(value));
}

/** Values at the bounds of a shape, and just outside where there can be one. */
function edges({ type, min, max }: Shape, place: string, unit: string, make: (size: number) => unknown): Variant[] {
  const sizes: [number | undefined, boolean][] = [
    [min === undefined ? undefined : min - 1, false],
    [min, true],
    [max, true],
    [max === undefined ? undefined : max + 1, false],
  ];
  return sizes.flatMap(([size, isValid]) =>
    size === undefined || (size < 0 && type !== 'integer')
      ? []
      : [{ about: `${place}: ${size} ${unit}`, value: make(size), isValid }],
  );
}
