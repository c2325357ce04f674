import { readFileSync } from 'node:fs';
import {
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  lexicographicSortSchema,
  printSchema,
} from 'graphql';
import { expect, test } from 'vitest';
import { schema } from '../../src/schema/index.ts';

test('schema.graphql is the schema; `npm run schema` writes it', () => {
  const file = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');
  expect(file).toBe(`${printSchema(lexicographicSortSchema(schema))}\n`);
});

test('every type, field, argument and enum value says what it is', () => {
  const silent: string[] = [];
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    if (!type.description) silent.push(type.name);
    for (const value of isEnumType(type) ? type.getValues() : []) {
      if (!value.description) silent.push(`${type.name}.${value.name}`);
    }
    if (!(isObjectType(type) || isInterfaceType(type) || isInputObjectType(type))) continue;
    for (const field of Object.values(type.getFields())) {
      if (!field.description) silent.push(`${type.name}.${field.name}`);
      for (const argument of 'args' in field ? field.args : []) {
        if (!argument.description) silent.push(`${type.name}.${field.name}(${argument.name}:)`);
      }
    }
  }
  expect(silent).toEqual([]);
});
