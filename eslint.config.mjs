/** The rules of schema.graphql: Relay's, and those of naming and describing. Run by test/contract/lint.test.ts. */
import graphqlPlugin from '@graphql-eslint/eslint-plugin';

const off = 'off';
const error = 'error';

export default [
  {
    files: ['**/*.graphql'],
    plugins: { '@graphql-eslint': graphqlPlugin },
    languageOptions: {
      parser: graphqlPlugin.parser,
      parserOptions: { graphQLConfig: { schema: 'schema.graphql' } },
    },
    rules: {
      ...graphqlPlugin.configs['flat/schema-recommended'].rules,
      ...graphqlPlugin.configs['flat/schema-relay'].rules,
      // The API pages forward only, so there is no `last` and no `before`.
      '@graphql-eslint/relay-arguments': [error, { includeBoth: false }],
      // Lists that are whole without paging are plain, and an item without an ID of its own, as a preview, is no Node.
      '@graphql-eslint/relay-edge-types': [error, { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false }],
      '@graphql-eslint/require-description': [
        error,
        {
          types: true,
          rootField: true,
          FieldDefinition: true,
          InputValueDefinition: true,
          EnumValueDefinition: true,
          DirectiveDefinition: true,
        },
      ],
      '@graphql-eslint/naming-convention': [
        error,
        {
          types: 'PascalCase',
          FieldDefinition: 'camelCase',
          InputValueDefinition: 'camelCase',
          DirectiveDefinition: 'camelCase',
          EnumValueDefinition: 'UPPER_CASE',
          InputObjectTypeDefinition: { style: 'PascalCase', requiredPattern: /(Input|Filter|Range)$/ },
          UnionTypeDefinition: { style: 'PascalCase', requiredPattern: /Result$/ },
          'FieldDefinition[parent.name.value=Query]': {
            style: 'camelCase',
            forbiddenPatterns: [/^(query|get|list|describe)[A-Z]/],
          },
        },
      ],
      // A mutation takes one `input`, of a type named after it.
      '@graphql-eslint/input-name': [error, { checkInputType: true, caseSensitiveInputType: false }],
      '@graphql-eslint/no-scalar-result-type-on-mutation': error,
      // Names are the API's own: `Finding.findingId` stands beside `id`, which is the ARN.
      '@graphql-eslint/no-typename-prefix': off,
      // What has an ID is a Node. Others are parts of one, and payloads and errors.
      '@graphql-eslint/strict-id-in-types': off,
    },
  },
];
