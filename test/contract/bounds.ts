/** The rule of bounds (docs/graph.md): what the descriptions of a schema leave unsaid of the sizes that the API's model sets. */
import { type GraphQLSchema, isInputObjectType, isObjectType } from 'graphql';
import { type Shape, shape } from '../../src/model/api.ts';
import { memberOf, structureOf } from './members.ts';

/** Fields that stand for no member of their type's structure: the shapes that they stand for. */
const SHAPED_OTHERWISE: Readonly<Record<string, string>> = {
  'AssessmentRun.telemetryMetadata': 'TelemetryMetadataList',
  'AssessmentTemplate.tags': 'TagList',
  'CreateAssessmentTargetInput.tags': 'ResourceGroupTags',
};
/** Inputs that the gateway cuts into as many calls as the API's bound asks for. */
const UNBOUNDED: ReadonlySet<string> = new Set([
  'AddAttributesToFindingsInput.findingIds',
  'RemoveAttributesFromFindingsInput.findingIds',
]);
/** What numbers count. */
const UNITS: Readonly<Record<string, string>> = { AssessmentRunDuration: 'in seconds' };

/**
 * The fields that stand for something with a bound and do not say it, each with what is unsaid. A bound is said in digits,
 * by the description of the field or, where it holds for several fields alike, of their type: `1 to 140` where there is a
 * least, else `at most 50` or `up to 50`; of a text in characters; of a list also those of its items. Of ARNs, whose form
 * says enough, none is asked for.
 */
export function unsaidBounds(schema: GraphQLSchema): string[] {
  const types = Object.values(schema.getTypeMap()).filter((type) => isInputObjectType(type) || isObjectType(type));
  return types.flatMap((type) =>
    Object.values(type.getFields()).flatMap((field) => {
      const path = `${type.name}.${field.name}`;
      const said = `${field.description} ${type.description}`;
      const bounds = UNBOUNDED.has(path) ? [] : boundsOf(shapeNameOf(type.name, field.name));
      return bounds.filter((bound) => !says(said, bound)).map((bound) => `${path}: ${bound}`);
    }),
  );
}

/** The name of the shape that a field stands for. */
function shapeNameOf(typeName: string, field: string): string | undefined {
  const structure = structureOf(typeName);
  const member = structure && memberOf(structure, field);
  return SHAPED_OTHERWISE[`${typeName}.${field}`] ?? (member && structure.members?.[member]);
}

/** What is to be said of a shape, in the words of the descriptions. */
function boundsOf(name: string | undefined): string[] {
  if (name === undefined || name === 'Arn') return [];
  const expected = shape(name);
  const range = rangeOf(expected);
  const own = range && expected.type === 'string' ? `${range} characters` : range;
  return [own, UNITS[name], ...boundsOf(expected.member)].filter((bound) => bound !== undefined);
}

function rangeOf({ type, min = 0, max }: Shape): string | undefined {
  if (max === undefined) return min > 0 ? `at least ${min}` : undefined;
  const isSize = type === 'string' || type === 'list';
  return isSize && min === 0 ? `at most ${max}` : `${min} to ${max}`;
}

function says(text: string, bound: string): boolean {
  return new RegExp(`\\b${bound.replace(/^at most/, '(?:at most|up to)')}\\b`, 'i').test(text);
}
