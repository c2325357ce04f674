import type { CodegenConfig } from '@graphql-codegen/cli';

/** Typed documents for the tests, from schema.graphql; the examples' documents are checked against it on the way. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  documents: ['test/**/*.ts', '!test/graphql/**', 'examples/*.mjs'],
  generates: {
    'test/graphql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        emitLegacyCommonJSImports: false,
        importExtension: '.ts',
        useTypeImports: true,
        enumsAsTypes: true,
        scalars: { DateTime: 'string', Long: 'number', ID: 'string' },
      },
    },
  },
};

export default config;
