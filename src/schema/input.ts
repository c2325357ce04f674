/** What filters have in common: ranges, and how an input object becomes the API's. */
import { builder } from './builder.ts';

export const DurationRange = builder.inputType('DurationRange', {
  description: 'A range of durations, both ends included.',
  fields: (t) => ({
    minSeconds: t.int({ description: 'The shortest, in seconds: 180 to 86400.' }),
    maxSeconds: t.int({ description: 'The longest, in seconds: 180 to 86400.' }),
  }),
});

export const TimestampRange = builder.inputType('TimestampRange', {
  description: 'A range of moments, both ends included. The API takes whole seconds: the range is widened to them.',
  fields: (t) => ({
    beginDate: t.field({ type: 'DateTime', description: 'The earliest moment; open where it is left out.' }),
    endDate: t.field({ type: 'DateTime', description: 'The latest moment; open where it is left out.' }),
  }),
});

/** An input object without its nulls, at any depth: for the API, a member that was not given is absent. */
export type Given<Value> = Value extends Date
  ? Date
  : Value extends readonly (infer Item)[]
    ? Given<Item>[]
    : Value extends object
      ? { [Member in keyof Value]: Given<Exclude<Value[Member], null>> }
      : Value;

/** The API takes whole seconds, and the SDK would round to the nearest: nothing that a range includes may fall out of it. */
const WIDENED: Readonly<Record<string, (seconds: number) => number>> = { beginDate: Math.floor, endDate: Math.ceil };

function widened(end: string, moment: Date): Date {
  const seconds = moment.getTime() / 1000;
  return new Date((WIDENED[end]?.(seconds) ?? seconds) * 1000);
}

/** Drops the nulls of an input object, and widens its ranges of moments to whole seconds. */
export function given<Value>(value: Value): Given<Value> {
  if (Array.isArray(value)) return value.map(given) as Given<Value>;
  if (typeof value !== 'object' || value === null || value instanceof Date) return value as Given<Value>;
  const members = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(
    members.map(([key, member]) => [key, member instanceof Date ? widened(key, member) : given(member)]),
  ) as Given<Value>;
}

/**
 * A filter as a List call takes it; none where it asks for nothing, for then it is the same list as without. The IDs of
 * rules packages, which are their ARNs, go by the API's name.
 */
export function filterInput<Filter extends { rulesPackageIds?: string[] | null }>(
  filter: Filter | null | undefined,
): { filter?: Omit<Given<Filter>, 'rulesPackageIds'> & { rulesPackageArns?: string[] } } {
  if (!filter) return {};
  const { rulesPackageIds, ...members } = given(filter);
  if (!rulesPackageIds && Object.keys(members).length === 0) return {};
  return { filter: rulesPackageIds ? { ...members, rulesPackageArns: rulesPackageIds } : members };
}
