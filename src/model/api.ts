/**
 * The Inspector model of 2016-02-16 as data (`inspector-api.json`, from botocore's service-2.json, with HTTP statuses
 * from the Smithy model): what exists, what is required, and within which bounds. It must not know how either half uses it.
 */
import { createRequire } from 'node:module';

/** A shape of the model. `min` and `max` bound a string's length, a list's or map's items, a number's value. */
export interface Shape {
  readonly type: 'structure' | 'list' | 'map' | 'string' | 'integer' | 'long' | 'double' | 'boolean' | 'timestamp';
  /** Of a structure: member name to shape name. */
  readonly members?: Readonly<Record<string, string>>;
  /** Of a structure: the members that must be there. */
  readonly required?: readonly string[];
  /** Of a list: the shape name of its items. */
  readonly member?: string;
  /** Of a map: the shape names of its keys and values. */
  readonly key?: string;
  readonly value?: string;
  readonly min?: number;
  readonly max?: number;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  /** Of an exception: the status that the Smithy model gives, or null where it says nothing. */
  readonly smithyHttpError?: number | null;
  readonly smithyFault?: 'client' | 'server';
  readonly exception?: boolean;
}

/** An operation of the model; `input` and `output` are shape names, null where the operation has none. */
export interface Operation {
  readonly target: string;
  readonly input: string | null;
  readonly output: string | null;
  /** Names of the exceptions that the operation declares. */
  readonly errors: readonly string[];
}

interface InspectorApi {
  readonly operations: Readonly<Record<string, Operation>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}

/** The model. */
export const inspectorApi: InspectorApi = createRequire(import.meta.url)('./inspector-api.json');

/** The shape of that name. Throws a TypeError where the model has none. */
export function shape(name: string): Shape {
  const found = inspectorApi.shapes[name];
  if (!found) throw new TypeError(`the Inspector model has no shape ${name}`);
  return found;
}
