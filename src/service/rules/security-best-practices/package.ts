/**
 * The rules package Security Best Practices: nine settings of Linux systems (user guide, inspector_security-best-practices).
 * It must not know of the network.
 */
import type { RulesPackageRules } from '../rule.ts';
import type { BestPractice } from './best-practice.ts';
import { configureDirectoryPermissions, enableAslr, enableDep } from './hardening.ts';
import { configureComplexity, configureMaximumAge, configureMinimumLength } from './passwords.ts';
import { disablePasswordAuthentication, disableRootLogin, supportVersion2Only } from './ssh.ts';

/** In the order of the user guide. */
const BEST_PRACTICES: readonly BestPractice[] = [
  disableRootLogin,
  supportVersion2Only,
  disablePasswordAuthentication,
  configureMaximumAge,
  configureMinimumLength,
  configureComplexity,
  enableAslr,
  enableDep,
  configureDirectoryPermissions,
];

/** One issue at most for each rule; its only attribute is the instance, as in the samples. */
export const securityBestPractices: RulesPackageRules = {
  name: 'Security Best Practices',
  needsAgent: true,
  rules: BEST_PRACTICES.map(({ name }) => name),
  supports: ({ family }) => family === 'linux',
  evaluate: (instance) =>
    BEST_PRACTICES.flatMap((practice) => {
      const violation = practice.violation(instance);
      if (violation === undefined) return [];
      return {
        id: practice.name,
        title: `Instance ${instance.instanceId} ${violation}`,
        description: practice.description,
        recommendation: practice.recommendation,
        severity: practice.severity,
        attributes: [{ key: 'INSTANCE_ID', value: instance.instanceId }],
      };
    }),
};
