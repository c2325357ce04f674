import { OverlappingFieldsCanBeMergedRule } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/**
 * Takes out of validation the rule on overlapping fields that `useDeferStream` adds: a copy of graphql's, which is applied
 * as well, from before that was made safe. A document of ten kilobytes keeps it busy for a minute.
 */
export function useFastValidation(): Plugin {
  return {
    onValidate({ validateFn, setValidationFn }) {
      setValidationFn((schema, document, rules, ...rest) =>
        validateFn(schema, document, rules?.filter(isNotTheCopy), ...rest),
      );
    },
  };
}

function isNotTheCopy(rule: { readonly name: string }): boolean {
  return rule.name !== OverlappingFieldsCanBeMergedRule.name || rule === OverlappingFieldsCanBeMergedRule;
}
