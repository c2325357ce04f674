/**
 * Answers of the endpoint as the outputs of the SDK's commands, read with less work than the SDK's own way, which copies each
 * member: only where there is nothing to be left out or refused. It must not know what is asked, nor how an answer came.
 */
import { inspectorApi, shape } from '../model/api.ts';

/** Makes what the SDK gives of a parsed value, in place where it is an object. Throws a TypeError for what it does not know. */
type Reader = (value: unknown) => unknown;

/** By operation; undefined where nothing is to be made of what JSON gives. */
const readers = new Map<string, Reader | undefined>();

/**
 * The output of an operation, from the body of a successful answer. Undefined where the SDK's own way is to be taken: for what
 * is not JSON, not of its type, or null, which the SDK leaves out.
 */
export function readOutput(operation: string, body: Uint8Array): object | undefined {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString();
  // Where it is part of a string, the SDK's way is as right.
  if (text.includes('null')) return undefined;
  if (!readers.has(operation)) readers.set(operation, reader(inspectorApi.operations[operation]?.output));
  const read = readers.get(operation);
  try {
    const parsed: unknown = JSON.parse(text);
    const output = read ? read(parsed) : parsed;
    return typeof output === 'object' && !Array.isArray(output) ? (output ?? undefined) : undefined;
  } catch {
    return undefined;
  }
}

/** Of the values of a shape. */
function reader(name: string | null | undefined): Reader | undefined {
  if (!name) return undefined;
  const { type, members = {}, member, value } = shape(name);
  if (type === 'timestamp') return toDate;
  if (type === 'double') return toNumber;
  if (type === 'structure') return membersReader(members);
  const item = reader(member ?? value);
  return item && itemsReader(item);
}

function membersReader(members: Readonly<Record<string, string>>): Reader | undefined {
  const all = Object.entries(members).flatMap(([name, its]) => {
    const read = reader(its);
    return read ? [{ name, read }] : [];
  });
  if (all.length === 0) return undefined;
  return (value) => {
    const structure = value as Record<string, unknown>;
    for (const { name, read } of all) {
      const member = structure[name];
      if (member !== undefined) structure[name] = read(member);
    }
    return structure;
  };
}

/** Of a list or a map. */
function itemsReader(read: Reader): Reader {
  return (value) => {
    const items = value as Record<string, unknown>;
    for (const key of Object.keys(items)) items[key] = read(items[key]);
    return items;
  };
}

/** Seconds since the epoch, of which milliseconds count. */
function toDate(value: unknown): Date {
  return new Date(Math.round(1_000 * toNumber(value)));
}

function toNumber(value: unknown): number {
  if (typeof value !== 'number') throw new TypeError('not a number');
  return value;
}
